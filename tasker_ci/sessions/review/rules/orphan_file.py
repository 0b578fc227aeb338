"""Files with tests that no target reaches.

The compiler finds a file through `mod`, `#[path]` or `include!`, from the root of a target on.
A file that nothing names is never compiled: its tests look like tests, and do not exist.

    // src/lib.rs has no `mod parser;`, so src/parser.rs and its 12 tests are text

**Certain** where no file of the package names it, and it lies among the sources of a library or a
program. Elsewhere it may be the data of something, and is a suspicion.

**Fix**: add the `mod`, or remove the file.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.places import Place
from tasker_ci.sessions.inventory.public import Kind
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasker_ci.sessions.review.subject import ReviewedWorkspace, Subject


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each file with tests."""
    for reviewed in subject.workspaces:
        for orphan in reviewed.orphans:
            if orphan.kind is not Kind.FILE:
                continue
            path = reviewed.workspace.root / orphan.file
            file = subject.relative(path)
            yield ReviewFinding(
                rule=RULE.id,
                severity=RULE.severity,
                grade=Grade.CERTAIN if _is_source(reviewed, path) else Grade.SUSPICION,
                place=Place(PurePosixPath(file), orphan.line),
                message=f"{counted(len(orphan.names), 'test')} in a file that no target reaches.",
                evidence=(orphan.reason,),
                tests=tuple(f"{file} {name}" for name in orphan.names),
                fix="Name the file with `mod`, or remove it.",
            )


def _is_source(reviewed: ReviewedWorkspace, file: Path) -> bool:
    """Whether it lies where a library or program has its sources: elsewhere it may be data."""
    return any(
        file.is_relative_to(target.source.parent)
        for package in reviewed.workspace.packages
        for target in package.targets
        if target.kind in {"lib", "bin", "proc-macro"}
        and target.source.parent != package.manifest.parent
    )


RULE = ReviewRule(
    id="T5",
    name="orphan-file",
    severity=Severity.ERROR,
    reads="sources, manifests",
    certain="where nothing in the workspace names the file",
    find=find,
)
