"""Benchmarks that no job compiles.

A benchmark that nobody builds stops compiling one day, and nobody hears of it before it is needed.
`cargo bench --no-run`, `cargo check --benches` and `--all-targets` are enough.

**Certain** where every workflow, script and recipe was read to the end.

**Fix**: add `--all-targets` to the command that lints or checks.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.places import Place
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.plurals import are, counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.rust.workspace import Package, Target
    from tasker_ci.sessions.review.subject import ReviewedWorkspace, Subject

_MOST_NAMES = 5


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each workspace."""
    for reviewed in subject.workspaces:
        unbuilt = [
            (package, target)
            for package in reviewed.workspace.packages
            for target in package.targets
            if target.kind == "bench" and not _may_be_built(reviewed, package, target)
        ]
        if not unbuilt or not reviewed.selections:
            continue
        names = (f"{package.name}/{target.name}" for package, target in unbuilt)
        what = f"{counted(len(unbuilt), 'benchmark')} {are(len(unbuilt))}"
        yield RULE.finding(
            place=Place(PurePosixPath(subject.relative(unbuilt[0][0].manifest)), 1),
            grade=Grade.CERTAIN if subject.all_builds else Grade.SUSPICION,
            message=f"{what} compiled by no job: {listed(names, _MOST_NAMES)}.",
            fix="Add `--all-targets` to the command that lints or checks.",
        )


def _may_be_built(reviewed: ReviewedWorkspace, package: Package, target: Target) -> bool:
    return any(each.builds(package, target).selected is not False for each in reviewed.selections)


RULE = ReviewRule(
    id="B1",
    name="bench-unbuilt",
    severity=Severity.NOTE,
    reads="manifests, every command of the jobs",
    certain="where everything that could compile one was read to the end",
    find=find,
)
