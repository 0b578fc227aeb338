"""The one summary of a test run: for the terminal, for GitHub's page and annotations, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tasker_ci.report.causes import Cause, causes_of
from tasker_ci.report.markdown import code, escaped, shortened, table, visible, within
from tasker_ci.text_counts import counted

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

HEAD_LINES = 40
TAIL_LINES = 20
"""Of what a failed test printed, as the screen shows it."""

NAMES = 20
"""Of the tests of one cause, where a list would be too long."""

_OF_LIBTEST = re.compile(
    r"running \d+ tests?$|test .* \.\.\. FAILED$|failures:$"
    r"|test result: FAILED\. 0 passed; 1 failed"
)
"""The frame that the harness of one test puts around its output."""

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
    shows_output: Callable[[Case], bool] = lambda _: False
    """Whether what a failed test printed is shown here, because its tool has not shown it."""
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

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """The failures by cause."""
        return causes_of(self.run.having("failed"))

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
            "causes": [
                {
                    "tests": [_identity(case) for case in cause.cases],
                    "known_as": cause.word,
                    "reason": cause.first.reason,
                    "location": _place(cause.first),
                    "rerun": self.rerun(cause.first),
                }
                for cause in self.causes
            ],
        }


def print_failures(run: TestRun, reporter: Reporter, report: Path) -> None:
    """Print the failures of a run that did not come to its end, with what the tests printed."""
    summary = Summary(
        title="",
        run=run,
        build_seconds=None,
        report=report,
        rerun=lambda _: "",
        shows_output=lambda case: not case.is_script,
    )
    with reporter.foreign_output():
        for cause in summary.causes[:MAXIMUM_ROWS]:
            _print_cause(cause, summary, reporter)


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
        reporter.warning(_shown(f"flaky, {what}: {case.group} {case.title}"))
    if len(unstable) > MAXIMUM_ANNOTATIONS:
        reporter.line(f"and {counted(len(unstable) - MAXIMUM_ANNOTATIONS, 'more flaky test')}")
    for cause in summary.causes[:MAXIMUM_ANNOTATIONS]:
        first = cause.first
        location = first.location
        file, line = (locate(first), location[1]) if location else ("", 0)
        message = f"{_names_of(cause)}: {_why(cause)}"
        reporter.annotation("error", message[:ANNOTATION_CHARACTERS], file=file, line=line)


def _print_text(summary: Summary, reporter: Reporter) -> None:
    reporter.line()
    reporter.line(f"{summary.title}: {summary.counts} ({summary.times})", "bold")
    slowest = summary.run.slowest(summary.slowest)
    if slowest:
        reporter.line("slowest tests:")
        for case in slowest:
            reporter.line(_shown(f"  {case.seconds:8.3f} s  {case.group}  {case.title}"))
    causes = summary.causes
    for cause in causes[:MAXIMUM_ROWS]:
        _print_cause(cause, summary, reporter)
    if len(causes) > MAXIMUM_ROWS:
        reporter.line(
            f"and {counted(len(causes) - MAXIMUM_ROWS, 'more failure')}; all are in the report."
        )
    reporter.line(f"report: {summary.report}")


def _print_cause(cause: Cause, summary: Summary, reporter: Reporter) -> None:
    first = cause.first
    alone = len(cause.cases) == 1
    title = f"{first.group} {first.title}" if alone else f"{len(cause.cases)} tests, one cause"
    reporter.line(_shown(f"failed: {title}"), "red")
    reporter.line(_shown(f"  {_place(first) or 'no panic'}: {_why(cause)}"))
    if not alone:
        for group, names in cause.by_group.items():
            reporter.line(_shown(f"  {group} ({len(names)}): {', '.join(names)}"))
    if summary.shows_output(first):
        if not alone:
            reporter.line(_shown(f"  the output of {first.name}, for all of them:"))
        for line in _excerpt(first):
            reporter.line(_shown("    " + line.replace("\t", "    ").rstrip()))
    again = summary.rerun(first)
    if 0 < len(again) <= LINE_CHARACTERS:  # a part of a command is of no use
        reporter.line(visible(f"  {'again' if alone else 'the first again'}: {again}"))


def _excerpt(case: Case) -> list[str]:
    """What a failed test printed; a long text is cut in its middle, the report has all of it."""
    printed = [part.rstrip() for part in (case.stdout, case.stderr) if part.strip()]
    lines = "\n".join(printed or [case.output]).splitlines()
    frame = f"    {case.name}"
    lines = [line for line in lines if line != frame and not _OF_LIBTEST.match(line)]
    # one blank line where there are several
    lines = [line for before, line in pairwise(("", *lines)) if line.strip() or before.strip()]
    if len(lines) <= HEAD_LINES + TAIL_LINES:
        return lines
    left = len(lines) - HEAD_LINES - TAIL_LINES
    return [*lines[:HEAD_LINES], f"… {counted(left, 'line')} more …", *lines[-TAIL_LINES:]]


def _why(cause: Cause) -> str:
    """The reason in the words of the test, and a known cause in ours before it."""
    return f"{cause.word}: {cause.first.reason}" if cause.word else cause.first.reason


def _names_of(cause: Cause) -> str:
    """The test, or how many and which."""
    if len(cause.cases) == 1:
        return cause.first.title
    names = [case.title for case in cause.cases]
    others = len(names) - NAMES
    shown = ", ".join(names[:NAMES]) + (f" and {others} more" if others > 0 else "")
    return f"{len(names)} tests, one cause ({shown})"


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
    causes = summary.causes
    failed = [_row(cause, summary) for cause in causes[:MAXIMUM_ROWS]]
    unstable = run.flaky
    flaky = [(code(case.group), code(case.title), _ends(case)) for case in unstable[:MAXIMUM_ROWS]]
    slowest = [
        (f"{case.seconds:.3f}", code(case.group), code(case.title))
        for case in run.slowest(summary.slowest)
    ]
    for title, columns, rows, total in (
        (
            "Failed",
            ("suite", "test", "where", "why", "run again"),
            failed,
            len(causes),
        ),
        ("Flaky", ("suite", "test", "executions"), flaky, len(unstable)),
        ("Slowest", ("seconds", "suite", "test"), slowest, len(slowest)),
    ):
        if rows:
            yield from table(title, columns, rows)
        if total > len(rows):
            yield f"and {total - len(rows)} more; all are in the report.\n"
        if title == "Failed":
            yield from _tests_of(causes)


def _tests_of(causes: tuple[Cause, ...]) -> Iterator[str]:
    """The names of the tests that failed together, folded."""
    left = MAXIMUM_ROWS
    for cause in causes:
        if len(cause.cases) == 1 or left <= 0:
            continue
        yield f"<details><summary>{len(cause.cases)} tests: {code(_why(cause))}</summary>\n"
        for case in cause.cases[:left]:
            yield f"- {code(case.group)} {code(case.title)}"
        if len(cause.cases) > left:
            yield f"- and {len(cause.cases) - left} more; all are in the report."
        yield "\n</details>\n"
        left -= len(cause.cases)


def _row(cause: Cause, summary: Summary) -> tuple[str, ...]:
    first = cause.first
    groups = list(cause.by_group)
    suites = groups[0] + (f" and {len(groups) - 1} more" if len(groups) > 1 else "")
    again = summary.rerun(first)
    cells = (suites, _names_of(cause), _place(first), _why(cause), again)
    return tuple(map(code, cells))


def _ends(case: Case) -> str:
    """How often it passed and failed, all executions together."""
    failed = (case.last_result == "failed") + sum(each.status == "failed" for each in case.others)
    return f"{1 + len(case.others) - failed} passed, {failed} failed"


def _identity(case: Case) -> dict[str, Any]:
    more = {
        "class": case.classname,
        "suites": [each.name for each in case.path],
        "variant": case.variant,
        "distinction": ", ".join(filter(None, (case.distinction, case.which))),
    }
    known = {name: value for name, value in more.items() if value}
    return {"suite": case.suite, "test": case.name, **known}


def _place(case: Case) -> str:
    return ":".join(map(str, case.location)) if case.location else ""
