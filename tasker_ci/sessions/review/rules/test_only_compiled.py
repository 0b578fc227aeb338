"""Tests that jobs compile, and that no job runs.

`cargo test --no-run`, `cargo check --tests`, `cargo clippy --all-targets` and an archive of
nextest that nobody unpacks show that a test compiles. Whether it passes, nobody knows.

    - run: cargo clippy --workspace --all-targets   # compiles the tests of every package
    - run: cargo test -p core                       # runs those of one

**Certain** where every workflow, script and recipe was read to the end.

**Fix**: run them in the job that compiles them, or in one of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.lost_tests import evidence_of, fix_of, names_of, owners, place_of
from tasker_ci.sessions.review.reachability import TestFate, by_cause
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.plurals import are, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.sessions.review.subject import Subject


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each cause."""
    if not subject.complete:
        return
    for reviewed in subject.workspaces:
        for tests in by_cause(reviewed.fates.of(TestFate.COMPILED)).values():
            count = len(tests)
            what = f"{counted(count, 'test')} of {owners(tests)} {are(count)}"
            yield ReviewFinding(
                rule=RULE.id,
                severity=RULE.severity,
                place=place_of(subject, tests[0]),
                message=f"{what} compiled by a job, and run by none.",
                evidence=tuple(evidence_of(tests[0].reasons)),
                tests=names_of(subject, tests),
                fix=fix_of(tests),
            )


RULE = ReviewRule(
    id="T4",
    name="test-only-compiled",
    severity=Severity.ERROR,
    reads="manifests, sources, every command of the jobs",
    certain="where everything that could run a test was read to the end",
    find=find,
)
