"""Tests that no job runs.

A test is run where a job selects its package and its target, compiles it (features, `cfg`) and
leaves it in by its filters. Every job of every workflow is asked, scheduled ones too.

    - run: cargo test          # the root package alone, in a workspace with a root package
    - run: cargo test -p core  # and one more: tests of all others never run

The finding stands at the command that comes nearest. Its evidence says of each command why it
does not run the test.

**Certain** where every workflow, script and recipe was read to the end. Otherwise nothing is
claimed, and the review lists the places that it could not read.

**Fix**: select the package (`--workspace`), switch the feature on, or build the target in one of
the jobs. A test that nobody should run is better removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.lost_tests import evidence_of, fix_of, names_of, owners, place_of
from tasker_ci.sessions.review.reachability import TestFate, by_cause
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.plurals import are, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasker_ci.sessions.review.reachability import FoundTest
    from tasker_ci.sessions.review.subject import Subject


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each cause."""
    if not subject.complete:
        return
    for reviewed in subject.workspaces:
        for tests in by_cause(reviewed.fates.of(TestFate.LOST)).values():
            yield _finding(subject, tests)


def _finding(subject: Subject, tests: Sequence[FoundTest]) -> ReviewFinding:
    count = len(tests)
    return ReviewFinding(
        rule=RULE.id,
        severity=RULE.severity,
        place=place_of(subject, tests[0]),
        message=f"{counted(count, 'test')} of {owners(tests)} {are(count)} run by no job.",
        evidence=tuple(evidence_of(tests[0].reasons)),
        tests=names_of(subject, tests),
        fix=fix_of(tests),
    )


RULE = ReviewRule(
    id="T1",
    name="test-unselected",
    severity=Severity.ERROR,
    reads="manifests, sources, every command of the jobs",
    certain="where everything that could run a test was read to the end",
    find=find,
)
