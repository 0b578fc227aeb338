"""The findings as Markdown, for an issue or the summary of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.sessions.review.text import MARKS, details
from tasker_ci.text import markdown
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.sessions.review.finding import ReviewFinding
    from tasker_ci.sessions.review.result import ReviewResult


def as_markdown(result: ReviewResult) -> str:
    """The headline, a section for each finding, and what could not be read."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: ReviewResult) -> Iterator[str]:
    yield f"**{result.sentence}**"
    yield ""
    yield markdown.escaped(result.looked_at)
    for finding in result.findings:
        yield ""
        yield from _section(finding)
    if result.unread:
        yield ""
        yield f"Not decided: {counted(len(result.unread), 'place')} could not be read."
        yield ""
        yield from (
            f"- {markdown.code(str(each.place))} {markdown.escaped(each.why)}"
            for each in result.unread
        )


def _section(finding: ReviewFinding) -> Iterator[str]:
    place = markdown.code(str(finding.place))
    yield f"### {MARKS[finding.severity]} {finding.rule} {place}"
    yield ""
    yield markdown.escaped(finding.message)
    yield ""
    yield from (f"- {markdown.escaped(line)}" for line in details(finding))
