"""A test run as it is shown: in numbers, in words, and as data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tasker_ci.reports.causes import Cause, causes_of
from tasker_ci.text.durations import duration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasker_ci.reports.run import Case, TestRun

SLOWEST = 5
MAXIMUM_ROWS = 500
"""So many failures are shown, and so many flaky tests; the report has all."""

NAMES = 20
"""Of the tests of one cause, where a list would be too long."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A test run as it is shown; times in seconds."""

    title: str
    run: TestRun
    build_seconds: float | None
    report: Path
    """Where all of it can be read."""
    rerun: Callable[[Case], str | None]
    """Makes the line that runs one failed test again; None where nobody knows."""
    slowest: int = SLOWEST
    """How many of the slowest tests are shown."""
    wall_known: bool = True
    """Whether the time of the run is more than the absence of one."""
    shows_output: Callable[[Case], bool] = lambda _: False
    """Whether what a failed test printed is shown here, because its tool has not shown it."""
    remarks: tuple[str, ...] = ()
    """What is odd about the reports, a sentence each."""

    @property
    def counts(self) -> str:
        """Passed, failed, skipped and flaky in one line."""
        run = self.run
        held = run.in_quarantine
        quarantine = (
            f", {run.count('quarantined')} of {len(held)} in quarantine failed" if held else ""
        )
        return (
            f"{run.count('passed', 'flaky')} passed, {run.count('failed')} failed, "
            f"{run.count('skipped')} skipped, {len(run.flaky)} flaky{quarantine}"
        )

    @property
    def times(self) -> str:
        """Build time and test time apart."""
        tests = f"tests {duration(self.run.seconds) if self.wall_known else 'no data'}"
        build = self.build_seconds
        return tests if build is None else f"build {duration(build)}, {tests}"

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """The failures by cause."""
        return causes_of(self.run.having("failed"))

    def data(self) -> dict[str, Any]:
        """What `--json` prints."""
        run = self.run
        return {
            "passed": run.count("passed", "flaky"),
            "failed": run.count("failed"),
            "skipped": run.count("skipped"),
            "flaky": [_identity(case) for case in run.flaky],
            "in_quarantine": len(run.in_quarantine),
            "quarantined": [
                {**self._failure(case), "quarantine": case.quarantine}
                for case in run.having("quarantined")
            ],
            **({"remarks": list(self.remarks)} if self.remarks else {}),
            "build_seconds": self.build_seconds,
            "test_seconds": run.seconds if self.wall_known else None,
            "report": str(self.report),
            "slowest": [
                {**_identity(case), "seconds": case.seconds} for case in run.slowest(self.slowest)
            ],
            "failures": [self._failure(case) for case in run.having("failed")],
            "causes": [
                {
                    "tests": [_identity(case) for case in cause.cases],
                    "known_as": cause.word or "",
                    "reason": cause.first.reason,
                    "location": place_of(cause.first) or "",
                    "rerun": self.rerun(cause.first) or "",
                }
                for cause in self.causes
            ],
        }

    def _failure(self, case: Case) -> dict[str, Any]:
        told = case.told
        return {
            **_identity(case),
            "reason": told.reason,
            "location": _place(told.location) or "",
            "rerun": self.rerun(case) or "",
        }


def why(cause: Cause) -> str:
    """The reason in the words of the test, and a known cause in ours before it."""
    return f"{cause.word}: {cause.first.reason}" if cause.word else cause.first.reason


def names_of(cause: Cause) -> str:
    """The test, or how many and which."""
    if len(cause.cases) == 1:
        return cause.first.title
    names = [case.title for case in cause.cases]
    others = len(names) - NAMES
    shown = ", ".join(names[:NAMES]) + (f" and {others} more" if others > 0 else "")
    return f"{len(names)} tests, one cause ({shown})"


def place_of(case: Case) -> str | None:
    """Where it failed, as its tool spelled it; None if nobody says."""
    return _place(case.location)


def _place(location: tuple[str, int, int] | None) -> str | None:
    return ":".join(map(str, location)) if location else None


def _identity(case: Case) -> dict[str, Any]:
    more = {
        "class": case.classname,
        "suites": [each.name for each in case.path],
        "variant": case.variant,
        "distinction": ", ".join(filter(None, (case.distinction, case.which))),
    }
    known = {name: value for name, value in more.items() if value}
    return {"suite": case.suite, "test": case.name, **known}
