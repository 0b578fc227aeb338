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

MAXIMUM_ROWS = 500
"""GitHub drops a step's summary above 1 MiB."""


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
    with reporter.foreign_output():  # a test may be named like a command
        _print_text(summary, reporter)
    for case in run.having("flaky"):
        reporter.warning(f"flaky, passed after a retry: {case.suite} {case.name}")
    for case in run.having("failed")[:MAXIMUM_ANNOTATIONS]:
        location = case.location
        file, line = (locate(case), location[1]) if location else ("", 0)
        reporter.annotation("error", f"{case.name}: {case.reason}", file=file, line=line)
    reporter.summary(_markdown(summary))


def _print_text(summary: Summary, reporter: Reporter) -> None:
    reporter.line()
    reporter.line(f"{summary.title}: {summary.counts} ({summary.times})", "bold")
    slowest = summary.run.slowest(SLOWEST)
    if slowest:
        reporter.line("slowest tests:")
        for case in slowest:
            reporter.line(f"  {case.seconds:8.3f} s  {case.suite}  {case.name}")
    for case in summary.run.having("failed"):
        reporter.line(f"failed: {case.suite} {case.name}", "red")
        reporter.line(f"  {_place(case) or 'no panic'}: {case.reason}")
        reporter.line(f"  again: {summary.rerun(case)}")
    reporter.line(f"report: {summary.report}")


def _markdown(summary: Summary) -> str:
    run = summary.run
    parts = [f"### {summary.title}\n\n{summary.counts} ({summary.times})\n"]
    failed: list[tuple[str, ...]] = [
        (case.suite, case.name, _place(case), case.reason, summary.rerun(case))
        for case in run.having("failed")
    ]
    flaky: list[tuple[str, ...]] = [(case.suite, case.name) for case in run.having("flaky")]
    slowest: list[tuple[str, ...]] = [
        (f"{case.seconds:.3f}", case.suite, case.name) for case in run.slowest(SLOWEST)
    ]
    for title, columns, rows in (
        ("Failed", ("suite", "test", "where", "why", "run again"), failed),
        ("Flaky", ("suite", "test"), flaky),
        ("Slowest", ("seconds", "suite", "test"), slowest),
    ):
        if rows:
            shown = tuple(rows[:MAXIMUM_ROWS])
            parts.append(to_markdown(Table(title=title, columns=columns, rows=shown)))
        if len(rows) > MAXIMUM_ROWS:
            parts.append(f"and {len(rows) - MAXIMUM_ROWS} more; all are in the report.\n")
    return "\n".join(parts)


def _identity(case: Case) -> dict[str, str]:
    return {"suite": case.suite, "test": case.name}


def _place(case: Case) -> str:
    return ":".join(map(str, case.location)) if case.location else ""
