"""A package, target, feature or profile that is not there.

Cargo refuses such a command. Where the step may fail, or where another command follows it, nobody
sees that nothing was done.

    - run: cargo test -p tasker-core-old

**Certain** where the manifests of the workspace could be read; for a package that is no member,
where Cargo.lock is there and lacks it.

**Fix**: write the name as it is today.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.manifest_edits import ManifestEdits
from tasker_ci.sessions.review.rule import ReviewRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.places import Place
    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.sessions.review.subject import Subject


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each place and reason."""
    seen: set[tuple[Place, str]] = set()
    edits = ManifestEdits(subject.reading)
    for reviewed in subject.workspaces:
        for selection in reviewed.selections:
            if "install" in selection.invocation.subcommand or selection.invocation.unknown_flags:
                continue  # of a package that is not of the workspace; a matter of another rule
            command = selection.invocation.command
            key = (command.place, selection.refusal)
            if not selection.refusal or selection.opaque or key in seen:
                continue
            seen.add(key)
            if edits.may_come_before(command):
                continue  # it may be there by then
            if (grade := _grade(subject, selection)) is None:
                continue
            yield RULE.finding(
                grade=grade,
                place=command.place,
                message=f"Cargo refuses the command: {selection.refusal}.",
                evidence=(f"`{command.text}`", f"in {command.around.run.label}"),
                fix="Write the name as it is today.",
            )


def _grade(subject: Subject, selection: Selection) -> Grade | None:
    """How sure it is: a package that is no member may be a dependency of one; None if it is."""
    names = [re.split("[@:]", each)[0] for each in selection.chosen.unmatched]
    if not names:
        return Grade.CERTAIN
    root = PurePosixPath(subject.relative(selection.workspace.root))
    locked = subject.checkout.text(root / "Cargo.lock")
    if locked is None:
        return Grade.SUSPICION
    missing = any(f'name = "{name}"' not in locked for name in names)
    return Grade.CERTAIN if missing else None


RULE = ReviewRule(
    id="F2",
    name="unknown-name",
    severity=Severity.ERROR,
    reads="every command of cargo and nextest, manifests",
    certain="where the manifests could be read",
    find=find,
)
