"""The one summary of a test run: for the terminal, for GitHub's page and annotations, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.report.markdown import code, escaped, shortened, table, visible, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tasker_ci.report.run import Case, TestRun
    from tasker_ci.reporter import Reporter

SLOWEST = 5
MAXIMUM_ANNOTATIONS = 10
"""GitHub shows ten annotations of a kind for a step; the rest stands in the summary."""

MAXIMUM_REMARKS = 20
MAXIMUM_ROWS = 500
MAXIMUM_BYTES = 480 * 1024
"""GitHub drops a step's summary above 1 MiB, and two sessions may share a step."""

LINE_CHARACTERS = 2000
"""Of a line on the screen that holds a name or a command with one."""

ANNOTATION_CHARACTERS = 4000
"""GitHub cuts a message at 4096."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A test run as it is shown; times in seconds."""

    title: str
    run: TestRun
    build_seconds: float | None
    report: Path
    """Where all of it can be read."""
    rerun: Callable[[Case], str]
    """Makes the line that runs one failed test again; "" where nobody knows."""
    slowest: int = SLOWEST
    """How many of the slowest tests are shown."""
    wall_known: bool = True
    """Whether the time of the run is more than the absence of one."""
    remarks: tuple[str, ...] = ()
    """What is odd about the reports, a sentence each."""

    @property
    def counts(self) -> str:
        """Passed, failed, skipped and flaky in one line."""
        run = self.run
        passed = len(run.having("passed", "flaky"))
        return (
            f"{passed} passed, {len(run.having('failed'))} failed, "
            f"{len(run.having('skipped'))} skipped, {len(run.flaky)} flaky"
        )

    @property
    def times(self) -> str:
        """Build time and test time apart."""
        seconds = f"{self.run.seconds:.1f} s" if self.wall_known else "no data"
        tests = f"tests {seconds}"
        return tests if self.build_seconds is None else f"build {self.build_seconds:.1f} s, {tests}"

    def data(self) -> dict[str, Any]:
        """What `--json` prints."""
        run = self.run
        return {
            "passed": len(run.having("passed", "flaky")),
            "failed": len(run.having("failed")),
            "skipped": len(run.having("skipped")),
            "flaky": [_identity(case) for case in run.flaky],
            **({"remarks": list(self.remarks)} if self.remarks else {}),
            "build_seconds": self.build_seconds,
            "test_seconds": run.seconds if self.wall_known else None,
            "report": str(self.report),
            "slowest": [
                {**_identity(case), "seconds": case.seconds} for case in run.slowest(self.slowest)
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
    with reporter.foreign_output():  # a test may be named like a command
        _print_text(summary, reporter)
    annotate(summary, reporter, locate=locate)
    reporter.summary(markdown(summary))


def annotate(summary: Summary, reporter: Reporter, *, locate: Callable[[Case], str]) -> None:
    """Warn of flaky tests and attach failures to their lines, as many as GitHub shows."""
    unstable = summary.run.flaky
    for case in unstable[:MAXIMUM_ANNOTATIONS]:
        what = "passed and failed" if case.status == "failed" else "passed after a retry"
        reporter.warning(_shown(f"flaky, {what}: {case.group} {case.name}"))
    if len(unstable) > MAXIMUM_ANNOTATIONS:
        reporter.line(f"and {len(unstable) - MAXIMUM_ANNOTATIONS} more flaky tests")
    for case in summary.run.having("failed")[:MAXIMUM_ANNOTATIONS]:
        location = case.location
        file, line = (locate(case), location[1]) if location else ("", 0)
        message = f"{case.name}: {case.reason}"[:ANNOTATION_CHARACTERS]
        reporter.annotation("error", message, file=file, line=line)


def _print_text(summary: Summary, reporter: Reporter) -> None:
    reporter.line()
    reporter.line(f"{summary.title}: {summary.counts} ({summary.times})", "bold")
    slowest = summary.run.slowest(summary.slowest)
    if slowest:
        reporter.line("slowest tests:")
        for case in slowest:
            reporter.line(_shown(f"  {case.seconds:8.3f} s  {case.group}  {case.name}"))
    failed = summary.run.having("failed")
    for case in failed[:MAXIMUM_ROWS]:
        reporter.line(_shown(f"failed: {case.group} {case.name}"), "red")
        reporter.line(_shown(f"  {_place(case) or 'no panic'}: {case.reason}"))
        again = summary.rerun(case)
        if 0 < len(again) <= LINE_CHARACTERS:  # a part of a command is of no use
            reporter.line(visible(f"  again: {again}"))
    if len(failed) > MAXIMUM_ROWS:
        reporter.line(f"and {len(failed) - MAXIMUM_ROWS} more failures; all are in the report.")
    reporter.line(f"report: {summary.report}")


def _shown(text: str) -> str:
    """A line for a screen: a name may hold anything, and be a book."""
    return visible(shortened(text, LINE_CHARACTERS))


def markdown(summary: Summary) -> str:
    """The summary for GitHub's page of the step; texts of tests mean nothing in it."""
    return within(_lines(summary), MAXIMUM_BYTES)


def _lines(summary: Summary) -> Iterator[str]:
    run = summary.run
    yield f"### {escaped(summary.title)}\n\n{summary.counts} ({summary.times})\n"
    for remark in summary.remarks[:MAXIMUM_REMARKS]:
        yield f"- {escaped(remark)}"
    if summary.remarks:
        yield ""
    failed = [
        tuple(map(code, (case.group, case.name, _place(case), case.reason, summary.rerun(case))))
        for case in run.having("failed")[:MAXIMUM_ROWS]
    ]
    unstable = run.flaky
    flaky = [(code(case.group), code(case.name), _ends(case)) for case in unstable[:MAXIMUM_ROWS]]
    slowest = [
        (f"{case.seconds:.3f}", code(case.group), code(case.name))
        for case in run.slowest(summary.slowest)
    ]
    for title, columns, rows, total in (
        (
            "Failed",
            ("suite", "test", "where", "why", "run again"),
            failed,
            len(run.having("failed")),
        ),
        ("Flaky", ("suite", "test", "executions"), flaky, len(unstable)),
        ("Slowest", ("seconds", "suite", "test"), slowest, len(slowest)),
    ):
        if rows:
            yield from table(title, columns, rows)
        if total > len(rows):
            yield f"and {total - len(rows)} more; all are in the report.\n"


def _ends(case: Case) -> str:
    """How often it passed and failed, all executions together."""
    failed = (case.last_result == "failed") + sum(each.status == "failed" for each in case.others)
    return f"{1 + len(case.others) - failed} passed, {failed} failed"


def _identity(case: Case) -> dict[str, Any]:
    more = {
        "class": case.classname,
        "suites": [each.name for each in case.path],
        "variant": case.variant,
        "distinction": case.distinction,
    }
    known = {name: value for name, value in more.items() if value}
    return {"suite": case.suite, "test": case.name, **known}


def _place(case: Case) -> str:
    return ":".join(map(str, case.location)) if case.location else ""
