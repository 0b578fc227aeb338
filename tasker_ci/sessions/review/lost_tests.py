"""Findings about tests that share a cause: what T1 and T4 say alike."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.places import Place
from tasker_ci.foreign.selections.reachability import by_cause
from tasker_ci.sessions.review.finding import ReviewFinding
from tasker_ci.sessions.review.smallest_change import smallest_change
from tasker_ci.text.plurals import are, counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasker_ci.foreign.selections.reachability import FoundTest, Reason, TestFate
    from tasker_ci.sessions.review.rule import ReviewRule
    from tasker_ci.sessions.review.subject import Subject

_MOST_EVIDENCE = 4
_MOST_NAMES = 3


def lost_tests(
    subject: Subject, rule: ReviewRule, fate: TestFate, what: str
) -> Iterator[ReviewFinding]:
    """A finding of ``rule`` for each cause of a fate; ``what`` ends its sentence.

    None where something that may run tests could not be read.
    """
    if not subject.complete:
        return
    for reviewed in subject.tested:
        for tests in by_cause(reviewed.fates.of(fate)):
            count = len(tests)
            yield ReviewFinding(
                rule=rule.id,
                severity=rule.severity,
                place=place_of(subject, tests[0]),
                message=f"{counted(count, 'test')} of {owners(tests)} {are(count)} {what}.",
                evidence=tuple(evidence_of(tests)),
                tests=names_of(subject, tests),
                fix=smallest_change(subject, tests),
            )


def owners(tests: Sequence[FoundTest]) -> str:
    """The packages of tests: ``core, store and 2 more``."""
    return listed(sorted({each.package.name for each in tests}))


def place_of(subject: Subject, test: FoundTest) -> Place:
    """The command that comes nearest; the manifest of the package where no job runs any test."""
    if test.reasons:
        return test.reasons[0].selection.invocation.command.place
    return Place(PurePosixPath(subject.relative(test.package.manifest)), 1)


def evidence_of(tests: Sequence[FoundTest]) -> Iterator[str]:
    """Why the nearest command runs none of the tests; for one reason that of the others, too."""
    if not tests[0].reasons:
        yield "no job runs tests of this workspace"
        return
    nearest = Counter(_said(each.reasons[0]) for each in tests)
    said = [*dict.fromkeys(map(_said, tests[0].reasons))]
    if len(nearest) > 1:
        said = [f"{counted(count, 'test')}: {line}" for line, count in nearest.most_common()]
    yield from said[:_MOST_EVIDENCE]
    if len(said) > _MOST_EVIDENCE:
        yield f"and {counted(len(said) - _MOST_EVIDENCE, 'reason')} more like these"


def _said(reason: Reason) -> str:
    command = reason.selection.invocation.command
    return f"{command.place} `{command.text}`: {reason.why}"


def names_of(subject: Subject, tests: Sequence[FoundTest]) -> tuple[str, ...]:
    """``file:line name`` of each test."""
    return tuple(
        f"{subject.relative(each.file)}:{each.test.line} {each.test.name}" for each in tests
    )
