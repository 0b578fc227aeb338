"""Tests with `#[ignore]` that no job asks for.

An ignored test is compiled and passed over. It runs where a job gives `-- --ignored` or
`-- --include-ignored`, or `--run-ignored` to nextest. Without such a job it is a test on paper.

This is a note: many are ignored on purpose, because they need a network or much time.

**Certain** where every workflow, script and recipe was read to the end.

**Fix**: run them in a job on a schedule: `cargo nextest run --workspace --run-ignored only`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.foreign.selections.reachability import TestFate
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.lost_tests import names_of, owners, place_of
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.plurals import are, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.sessions.review.subject import Subject


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each workspace."""
    for reviewed in subject.workspaces:
        tests = reviewed.fates.of(TestFate.IGNORED)
        if not tests:
            continue
        what = f"{counted(len(tests), 'ignored test')} of {owners(tests)} {are(len(tests))}"
        yield RULE.finding(
            place=place_of(subject, tests[0]),
            grade=Grade.CERTAIN if subject.complete else Grade.SUSPICION,
            message=f"{what} run by no job.",
            tests=names_of(subject, tests),
            fix="Run them on a schedule: `cargo test --workspace -- --ignored`.",
        )


RULE = ReviewRule(
    id="I1",
    name="ignored-tests",
    severity=Severity.NOTE,
    reads="sources, every command of the jobs",
    certain="where everything that could run a test was read to the end",
    find=find,
)
