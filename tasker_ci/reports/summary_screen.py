"""The summary of a test run on the screen, and as annotations and a page of GitHub."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from tasker_ci.reports.held_text import is_blank
from tasker_ci.reports.summary import MAXIMUM_ROWS, Summary, names_of, place_of, why
from tasker_ci.reports.summary_markdown import markdown
from tasker_ci.text.durations import duration
from tasker_ci.text.foreign import one_line, shortened
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasker_ci.reports.causes import Cause
    from tasker_ci.reports.run import Case, TestRun
    from tasker_ci.screen.reporter import Reporter

MAXIMUM_ANNOTATIONS = 10
"""GitHub shows ten annotations of a kind for a step; the rest stands in the summary."""

HEAD_LINES = 40
TAIL_LINES = 20
"""Of what a failed test printed, as the screen shows it."""

_OF_LIBTEST = re.compile(
    r"running \d+ tests?$|test .* \.\.\. FAILED$|failures:$"
    r"|test result: FAILED\. 0 passed; 1 failed"
)
"""The frame that the harness of one test puts around its output."""

LINE_CHARACTERS = 2000
"""Of a line on the screen that holds a name or a command with one."""

ANNOTATION_CHARACTERS = 4000
"""GitHub cuts a message at 4096."""


def print_failures(run: TestRun, reporter: Reporter, report: Path) -> None:
    """Print the failures of a run that did not come to its end, with what the tests printed."""
    summary = Summary(
        title="",
        run=run,
        build_seconds=None,
        report=report,
        rerun=lambda _: None,
        shows_output=lambda case: not case.is_script,
    )
    with reporter.foreign_output():
        for cause in summary.causes[:MAXIMUM_ROWS]:
            _print_cause(cause, summary, reporter)


def print_summary(
    summary: Summary, reporter: Reporter, *, locate: Callable[[Case], str | None]
) -> None:
    """Print the summary; ``locate`` says in which file of the repository a case panicked."""
    with reporter.foreign_output():  # a test may be named like a command
        _print_text(summary, reporter)
    annotate(summary, reporter, locate=locate)
    reporter.summary(markdown(summary))


def annotate(summary: Summary, reporter: Reporter, *, locate: Callable[[Case], str | None]) -> None:
    """Warn of flaky tests and attach failures to their lines, as many as GitHub shows."""
    unstable = summary.run.flaky
    for case in unstable[:MAXIMUM_ANNOTATIONS]:
        what = "passed and failed" if case.status == "failed" else "passed after a retry"
        reporter.warning(_shown(f"flaky, {what}: {case.group} {case.title}"))
    if len(unstable) > MAXIMUM_ANNOTATIONS:
        reporter.line(f"and {counted(len(unstable) - MAXIMUM_ANNOTATIONS, 'more flaky test')}")
    for case in summary.run.having("quarantined")[:MAXIMUM_ANNOTATIONS]:
        text = f"failed in quarantine ({case.quarantine}): {case.group} {case.title}"
        reporter.warning(_shown(text))
    for cause in summary.causes[:MAXIMUM_ANNOTATIONS]:
        first = cause.first
        location = first.location
        file, line = (locate(first), location[1]) if location else (None, 0)
        message = f"{names_of(cause)}: {why(cause)}"
        reporter.annotation("error", message[:ANNOTATION_CHARACTERS], file=file, line=line)


def _print_text(summary: Summary, reporter: Reporter) -> None:
    reporter.line()
    reporter.line(f"{summary.title}: {summary.counts} ({summary.times})", "bold")
    slowest = summary.run.slowest(summary.slowest)
    if slowest:
        reporter.line("slowest tests:")
        for case in slowest:
            reporter.line(_shown(f"  {duration(case.seconds):>10}  {case.group}  {case.title}"))
    causes = summary.causes
    for cause in causes[:MAXIMUM_ROWS]:
        _print_cause(cause, summary, reporter)
    if len(causes) > MAXIMUM_ROWS:
        reporter.line(
            f"and {counted(len(causes) - MAXIMUM_ROWS, 'more failure')}; all are in the report."
        )
    _print_quarantine(summary, reporter)
    reporter.line(f"report: {summary.report}")


def _print_quarantine(summary: Summary, reporter: Reporter) -> None:
    """Print the failures that are not red, each with the reason of its quarantine."""
    found = summary.run.having("quarantined")
    for case in found[:MAXIMUM_ROWS]:
        reporter.line(_shown(f"failed in quarantine: {case.group} {case.title}"), "yellow")
        reporter.line(_shown(f"  {place_of(case) or 'no panic'}: {case.reason}"))
        reporter.line(_shown(f"  quarantine: {case.quarantine}"))
    if len(found) > MAXIMUM_ROWS:
        reporter.line(f"and {len(found) - MAXIMUM_ROWS} more; all are in the report.")


def _print_cause(cause: Cause, summary: Summary, reporter: Reporter) -> None:
    first = cause.first
    alone = len(cause.cases) == 1
    title = f"{first.group} {first.title}" if alone else f"{len(cause.cases)} tests, one cause"
    reporter.line(_shown(f"failed: {title}"), "red")
    reporter.line(_shown(f"  {place_of(first) or 'no panic'}: {why(cause)}"))
    if not alone:
        for group, names in cause.by_group.items():
            reporter.line(_shown(f"  {group} ({len(names)}): {', '.join(names)}"))
    if summary.shows_output(first):
        if not alone:
            reporter.line(_shown(f"  the output of {first.name}, for all of them:"))
        for line in _excerpt(first):
            reporter.line(_shown("    " + line.replace("\t", "    ").rstrip()))
    again = summary.rerun(first)
    if again and len(again) <= LINE_CHARACTERS:  # a part of a command is of no use
        reporter.line(one_line(f"  {'again' if alone else 'the first again'}: {again}"))


def _excerpt(case: Case) -> list[str]:
    """What a failed test printed; a long text is cut in its middle, the report has all of it."""
    printed = [str(part).rstrip() for part in (case.stdout, case.stderr) if not is_blank(part)]
    lines = "\n".join(printed or [str(case.output)]).splitlines()
    frame = f"    {case.name}"
    lines = [line for line in lines if line != frame and not _OF_LIBTEST.match(line)]
    # one blank line where there are several
    lines = [line for before, line in pairwise(("", *lines)) if line.strip() or before.strip()]
    if len(lines) <= HEAD_LINES + TAIL_LINES:
        return lines
    left = len(lines) - HEAD_LINES - TAIL_LINES
    return [*lines[:HEAD_LINES], f"… {counted(left, 'line')} more …", *lines[-TAIL_LINES:]]


def _shown(text: str) -> str:
    """A line for a screen: a name may hold anything, and be a book."""
    return one_line(shortened(text, LINE_CHARACTERS))
