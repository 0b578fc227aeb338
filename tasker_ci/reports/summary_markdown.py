"""The summary of a test run as Markdown, for GitHub's page of the step and for files."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from tasker_ci.reports.summary import MAXIMUM_ROWS, Summary, names_of, place_of, why
from tasker_ci.text.durations import duration
from tasker_ci.text.foreign import one_line, shortened
from tasker_ci.text.markdown import code, escaped, table, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.reports.causes import Cause
    from tasker_ci.reports.run import Case

MAXIMUM_REMARKS = 20
MAXIMUM_BYTES = 480 * 1024
"""GitHub drops a step's summary above 1 MiB, and two sessions may share a step."""


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
    held = run.having("quarantined")
    quarantined = [
        (code(case.group), code(case.title), code(case.reason), code(case.quarantine))
        for case in held[:MAXIMUM_ROWS]
    ]
    slowest = [
        (duration(case.seconds), code(case.group), code(case.title))
        for case in run.slowest(summary.slowest)
    ]
    for title, columns, rows, total in (
        (
            "Failed",
            ("suite", "test", "where", "why", "run again"),
            failed,
            len(causes),
        ),
        ("Failed in quarantine", ("suite", "test", "why", "quarantine"), quarantined, len(held)),
        ("Flaky", ("suite", "test", "executions"), flaky, len(unstable)),
        ("Slowest", ("time", "suite", "test"), slowest, len(slowest)),
    ):
        if rows:
            yield table(columns, rows, title=title)
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
        yield f"<details><summary>{len(cause.cases)} tests: {_folded(why(cause))}</summary>\n"
        for case in cause.cases[:left]:
            yield f"- {code(case.group)} {code(case.title)}"
        if len(cause.cases) > left:
            yield f"- and {len(cause.cases) - left} more; all are in the report."
        yield "\n</details>\n"
        left -= len(cause.cases)


def _folded(text: str) -> str:
    """A text as code within an element, where Markdown is not read."""
    return f"<code>{escape(one_line(shortened(text)), quote=False)}</code>" if text else ""


def _row(cause: Cause, summary: Summary) -> tuple[str, ...]:
    first = cause.first
    groups = list(cause.by_group)
    suites = groups[0] + (f" and {len(groups) - 1} more" if len(groups) > 1 else "")
    again = summary.rerun(first)
    cells = (suites, names_of(cause), place_of(first) or "", why(cause), again or "")
    return tuple(map(code, cells))


def _ends(case: Case) -> str:
    """How often it passed and failed, all executions together."""
    failed = (case.last_result == "failed") + sum(each.status == "failed" for each in case.others)
    return f"{1 + len(case.others) - failed} passed, {failed} failed"
