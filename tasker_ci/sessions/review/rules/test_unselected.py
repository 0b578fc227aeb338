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
    yield from lost_tests(subject, RULE, TestFate.LOST, "run by no job")


RULE = ReviewRule(
    id="T1",
    name="test-unselected",
    severity=Severity.ERROR,
    reads="manifests, sources, every command of the jobs",
    certain="where everything that could run a test was read to the end",
    find=find,
)
