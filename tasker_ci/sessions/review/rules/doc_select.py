"""A documented test command that tests less than the jobs do.

````markdown
Run the tests with `cargo test`:

```sh
cargo test
```
````

In a workspace with a root package or `default-members`, this selects these alone, while the jobs
say `--workspace`. Who follows the document sees green, and CI is red.

**A suspicion**: the document may speak of one package on purpose. Commands that name a package, a
target or a test are left out, and so are documents outside of the workspace.

**Fix**: write the command that the jobs run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.places import Opaque
from tasker_ci.foreign.selections.reading import Repository, selections_of
from tasker_ci.sessions.review.documented_commands import documented_calls
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.plurals import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasker_ci.sessions.review.documented_commands import DocumentedCall
    from tasker_ci.sessions.review.subject import Subject

_CHOOSES = (
    *("--package", "--exclude", "--manifest-path", "--lib", "--bins", "--bin", "--test", "--tests"),
    *("--bench", "--benches", "--example", "--examples", "--doc", "--filterset", "-C"),
)
_MOST_NAMES = 5


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each document and workspace."""
    tested = _tested(subject)
    if not any(len(names) > 1 for names in tested.values()):
        return
    repository = Repository(
        texts=subject.checkout, workspaces=tuple(each.workspace for each in subject.workspaces)
    )
    told: set[tuple[object, Path]] = set()
    for call in documented_calls(subject.documented, subject.checkout):
        if not _means_all(call):
            continue
        for selection in selections_of(call.invocation, repository):
            if isinstance(selection, Opaque) or selection.chosen.names is None:
                continue
            root = selection.workspace.root
            key = (call.place.file, root)
            missed = sorted(tested.get(root, frozenset()) - selection.chosen.names)
            if not missed or key in told:
                continue
            told.add(key)
            yield _finding(call, missed, len(tested[root]))


def _tested(subject: Subject) -> dict[Path, frozenset[str]]:
    """The packages whose tests a job runs, by workspace."""
    found: dict[Path, frozenset[str]] = {}
    for reviewed in subject.workspaces:
        names = {
            name
            for selection in reviewed.selections
            if selection.action is Action.TEST and not selection.refusal
            for name in selection.chosen.names or ()
        }
        found[reviewed.workspace.root] = frozenset(names)
    return found


def _means_all(call: DocumentedCall) -> bool:
    """Whether a command stands there as the one that runs the tests."""
    invocation = call.invocation
    return (
        invocation.action is Action.TEST
        and call.for_developers
        and not invocation.words
        and not invocation.unknown_flags
        and not invocation.has(*_CHOOSES)
        and not [each for each in invocation.after_dashes if not each.startswith("-")]
    )


def _finding(call: DocumentedCall, missed: list[str], count: int) -> ReviewFinding:
    return RULE.finding(
        grade=Grade.SUSPICION,
        place=call.place,
        message=f"`{call.text}` leaves out {len(missed)} of"
        f" {counted(count, 'package')} that jobs test.",
        evidence=(f"it leaves out {listed(missed, _MOST_NAMES)}",),
        fix="Add `--workspace`, or write the command that the jobs run.",
    )


RULE = ReviewRule(
    id="D2",
    name="doc-select",
    severity=Severity.WARNING,
    reads="fenced commands in Markdown, manifests, every command of the jobs",
    certain="never: a document may speak of one package on purpose",
    find=find,
)
