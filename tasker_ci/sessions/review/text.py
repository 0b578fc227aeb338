"""The findings on a screen, so that a maintainer can paste them into an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.screen.reporter import Reporter
    from tasker_ci.sessions.review.result import ReviewResult

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold"}
MARKS = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.NOTE: "i"}
_MOST_TESTS = 5
_MOST_UNREAD = 20
_ANNOTATIONS = 10
"""GitHub shows no more of a step: https://docs.github.com/rest/checks/runs."""


def tell(reporter: Reporter, result: ReviewResult) -> None:
    """Print the headline, then every finding, then what could not be read."""
    reporter.line(result.sentence, "bold")
    reporter.line(result.looked_at)
    for finding in result.findings:
        reporter.line()
        reporter.line(heading(finding), _STYLES[finding.severity])
        for line in details(finding):
            reporter.line(f"  {line}")
    if result.unread:
        reporter.line()
        count = counted(len(result.unread), "place")
        reporter.line(f"Not decided: {count} could not be read.", "bold")
        for each in result.unread[:_MOST_UNREAD]:
            reporter.line(f"  {each}")
        if len(result.unread) > _MOST_UNREAD:
            reporter.line(f"  and {len(result.unread) - _MOST_UNREAD} more (--json has them all)")
    reporter.line()
    for finding in result.findings[:_ANNOTATIONS]:
        level = "notice" if finding.severity is Severity.NOTE else finding.severity.value
        reporter.annotation(
            level if finding.fails or level != "error" else "warning",
            f"{finding.rule}: {finding.message}",
            file=str(finding.place.file),
            line=finding.place.line,
        )


def heading(finding: ReviewFinding) -> str:
    """``error T1 .github/workflows/ci.yml:114: …``."""
    sure = "" if finding.grade is Grade.CERTAIN else " (suspicion)"
    return f"{finding.severity} {finding.rule}{sure} {finding.place}: {finding.message}"


def details(finding: ReviewFinding) -> Iterator[str]:
    """The lines below the heading."""
    yield from finding.evidence
    for each in finding.tests[:_MOST_TESTS]:
        yield f"test {each}"
    if len(finding.tests) > _MOST_TESTS:
        yield f"and {counted(len(finding.tests) - _MOST_TESTS, 'test')} more"
    if finding.confirmed is not None:
        yield "cargo confirms it" if finding.confirmed else "cargo does not confirm it"
    if finding.fix:
        yield f"Fix: {finding.fix}"
