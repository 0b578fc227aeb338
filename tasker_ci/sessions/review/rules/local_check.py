"""A hook or a script of checks that looks at other packages than the jobs do.

```sh
# scripts/check.sh                     # the job says: cargo clippy
for crate in core store; do (cd "$crate" && cargo clippy); done
```

Who runs the script before pushing believes that the jobs ask for the same. Where it looks at more,
the jobs let pass what the script finds; where it looks at less, the jobs find what it let pass.

**A suspicion**: the two may differ on purpose. A script that a job runs is left out, and so is one
that names single packages and looks at less.

**Fix**: let the job and the hook run the same script, or the same command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.local_scripts import local_scripts
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.plurals import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.sessions.review.local_scripts import LocalScript
    from tasker_ci.sessions.review.subject import ReviewedWorkspace, Subject

_DOES = {
    Action.TEST: ("tests", "test"),
    Action.LINT: ("lints", "lint"),
    Action.DOC: ("documents", "document"),
}
_MOST_NAMES = 5


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each script and what it does."""
    for script in local_scripts(subject):
        for reviewed in subject.workspaces:
            for action in _DOES:
                yield from _compared(script, reviewed, action)


def _compared(
    script: LocalScript, reviewed: ReviewedWorkspace, action: Action
) -> Iterator[ReviewFinding]:
    root = reviewed.workspace.root
    own = [each for each in script.selections if each.workspace.root == root]
    here = _packages(each for each in own if each.action is action)
    there = _packages(each for each in reviewed.selections if each.action is action)
    if not here or not there or here == there:
        return
    less = there - here
    if less and any(each.invocation.has("--package", "--manifest-path") for each in own):
        return
    does, do = _DOES[action]
    count = counted(len(here), "package")
    first = next(each for each in own if each.action is action)
    names = sorted(less or here - there)
    alone = "the jobs alone" if less else "the script alone"
    yield RULE.finding(
        grade=Grade.SUSPICION,
        place=first.invocation.command.place,
        message=f"{script.path} {does} {count}, the jobs {do} {len(there)}.",
        evidence=(
            f"`{first.invocation.command.text}`",
            f"{alone}: {listed(names, _MOST_NAMES)}",
        ),
        fix="Let the jobs and the script run the same command.",
    )


def _packages(selections: Iterable[Selection]) -> frozenset[str]:
    """The packages of all; none where those of one are not known."""
    found: set[str] = set()
    for each in selections:
        if each.packages is None:
            return frozenset()
        found.update(each.packages)
    return frozenset(found)


RULE = ReviewRule(
    id="D5",
    name="local-check",
    severity=Severity.WARNING,
    reads="hooks of git, scripts of checks, manifests, every command of the jobs",
    certain="never: the two may differ on purpose",
    find=find,
)
