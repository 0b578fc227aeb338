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

from tasker_ci.foreign.selections.reachability import TestFate
from tasker_ci.sessions.review.finding import Severity
from tasker_ci.sessions.review.lost_tests import lost_tests
from tasker_ci.sessions.review.rule import ReviewRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.sessions.review.finding import ReviewFinding
    from tasker_ci.sessions.review.subject import Subject


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each cause."""
    yield from lost_tests(subject, RULE, TestFate.COMPILED, "compiled by a job, and run by none")


RULE = ReviewRule(
    id="T4",
    name="test-only-compiled",
    severity=Severity.ERROR,
    reads="manifests, sources, every command of the jobs",
    certain="where everything that could run a test was read to the end",
    find=find,
)
