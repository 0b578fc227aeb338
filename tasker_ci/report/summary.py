"""The one summary of a test run: for the terminal, for GitHub's page and annotations, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.reporter import Table, to_markdown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasker_ci.report.run import Case, TestRun
    from tasker_ci.reporter import Reporter

SLOWEST = 5
MAXIMUM_ANNOTATIONS = 10
"""GitHub shows ten annotations of a kind for a step; the rest stands in the summary."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A test run as it is shown; times in seconds."""

    title: str
    run: TestRun
    build_seconds: float | None
    report: Path
    rerun: Callable[[Case], str]
    """Makes the line that runs one failed test again."""

    @property
    def counts(self) -> str:
        """Passed, failed, skipped and flaky in one line."""
        run = self.run
        passed = len(run.having("passed", "flaky"))
        return (
            f"{passed} passed, {len(run.having('failed'))} failed, "
            f"{len(run.having('skipped'))} skipped, {len(run.having('flaky'))} flaky"
        )

    @property
    def times(self) -> str:
        """Build time and test time apart."""
        tests = f"tests {self.run.seconds:.1f} s"
        return tests if self.build_seconds is None else f"build {self.build_seconds:.1f} s, {tests}"

    def data(self) -> dict[str, Any]:
        """What `--json` prints."""
        run = self.run
        return {
            "passed": len(run.having("passed", "flaky")),
            "failed": len(run.having("failed")),
            "skipped": len(run.having("skipped")),
            "flaky": [_identity(case) for case in run.having("flaky")],
            "build_seconds": self.build_seconds,
            "test_seconds": run.seconds,
            "report": str(self.report),
            "slowest": [
                {**_identity(case), "seconds": case.seconds} for case in run.slowest(SLOWEST)
            ],
            "failures": [
                {
                    **_identity(case),
                    "reason": case.reason,
                    "location": _place(case),
                    "rerun": self.rerun(case),
                }
                for case in run.having("failed")
            ],
        }


def print_summary(summary: Summary, reporter: Reporter, *, locate: Callable[[Case], str]) -> None:
    """Print the summary; ``locate`` says in which file of the repository a case panicked."""
    run = summary.run
    reporter.line()
    reporter.line(f"{summary.title}: {summary.counts} ({summary.times})", "bold")
    slowest = run.slowest(SLOWEST)
    if slowest:
        reporter.line("slowest tests:")
        for case in slowest:
            reporter.line(f"  {case.seconds:8.3f} s  {case.suite}  {case.name}")
    for case in run.having("flaky"):
        reporter.warning(f"flaky, passed after a retry: {case.suite} {case.name}")
    for number, case in enumerate(run.having("failed")):
        reporter.line(f"failed: {case.suite} {case.name}", "red")
        reporter.line(f"  {_place(case) or 'no panic'}: {case.reason}")
        reporter.line(f"  again: {summary.rerun(case)}")
        if number < MAXIMUM_ANNOTATIONS:
            location = case.location
            file, line = (locate(case), location[1]) if location else ("", 0)
            reporter.annotation("error", f"{case.name}: {case.reason}", file=file, line=line)
    reporter.line(f"report: {summary.report}")
    reporter.summary(_markdown(summary))


def _markdown(summary: Summary) -> str:
    run = summary.run
    parts = [f"### {summary.title}\n\n{summary.counts} ({summary.times})\n"]
    failed = run.having("failed")
    if failed:
        rows = tuple(
            (case.suite, case.name, _place(case), case.reason, summary.rerun(case))
            for case in failed
        )
        columns = ("suite", "test", "where", "why", "run again")
        parts.append(to_markdown(Table(title="Failed", columns=columns, rows=rows)))
    flaky = run.having("flaky")
    if flaky:
        rows = tuple((case.suite, case.name) for case in flaky)
        parts.append(to_markdown(Table(title="Flaky", columns=("suite", "test"), rows=rows)))
    slowest = run.slowest(SLOWEST)
    if slowest:
        rows = tuple((f"{case.seconds:.3f}", case.suite, case.name) for case in slowest)
        parts.append(
            to_markdown(Table(title="Slowest", columns=("seconds", "suite", "test"), rows=rows))
        )
    return "\n".join(parts)


def _identity(case: Case) -> dict[str, str]:
    return {"suite": case.suite, "test": case.name}


def _place(case: Case) -> str:
    return ":".join(map(str, case.location)) if case.location else ""
