"""Lints that look at some of the packages alone.

Without a flag cargo takes the package of the folder, or the default members. In a workspace with a
package at its root that is the root alone, and `cargo clippy` is green whatever the others hold.
`cargo doc` is the same for broken links.

    - run: cargo clippy -- -D warnings   # one of 13 packages

**Certain** where every command that lints was read; else another one may look at the others. For
documentation it is a suspicion: some packages are not meant to be read.

**Fix**: `cargo clippy --workspace --all-targets -- -D warnings`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.plurals import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.sessions.review.subject import ReviewedWorkspace, Subject

_MOST_NAMES = 5


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each workspace."""
    for reviewed in subject.workspaces:
        yield from _of(reviewed, Action.LINT, "Clippy looks at", certain=subject.all_builds)
        yield from _of(reviewed, Action.DOC, "The documentation is built of", certain=False)


def _of(
    reviewed: ReviewedWorkspace, action: Action, what: str, *, certain: bool
) -> Iterator[ReviewFinding]:
    names = [package.name for package in reviewed.workspace.packages]
    looking = [each for each in reviewed.selections if each.action is action]
    if not looking or any(each.packages is None for each in looking):
        return
    looked_at = {name for each in looking for name in each.packages or ()}
    missed = [name for name in names if name not in looked_at]
    if not missed:
        return
    widest = max(looking, key=lambda each: len(each.packages or ()))
    command = widest.invocation.command
    chosen = listed(sorted(widest.packages or ()), _MOST_NAMES)
    yield RULE.finding(
        grade=Grade.CERTAIN if certain else Grade.SUSPICION,
        place=command.place,
        message=f"{what} {len(names) - len(missed)} of {len(names)} packages.",
        evidence=(
            f"`{command.text}` selects {chosen}",
            f"left out: {listed(missed, _MOST_NAMES)}",
        ),
        fix="Add `--workspace`.",
    )


RULE = ReviewRule(
    id="S1",
    name="lint-scope",
    severity=Severity.WARNING,
    reads="manifests, commands that lint or document",
    certain="for lints, where every command that lints was read",
    find=find,
)
