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
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tasker_ci.sessions.inventory.public import InventoryFinding
    from tasker_ci.sessions.review.subject import ReviewedWorkspace, Subject


_MOST_NAMES = 5


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each package, and for those that may be data another one."""
    for reviewed in subject.workspaces:
        found: dict[tuple[str | None, Grade], list[InventoryFinding]] = {}
        for orphan in reviewed.orphans:
            if orphan.kind is Kind.FILE:
                source = _is_source(reviewed, reviewed.workspace.root / orphan.file)
                grade = Grade.CERTAIN if source else Grade.SUSPICION
                found.setdefault((orphan.package, grade), []).append(orphan)
        for (_, grade), orphans in found.items():
            yield _finding(subject, reviewed, grade, orphans)


def _finding(
    subject: Subject,
    reviewed: ReviewedWorkspace,
    grade: Grade,
    orphans: Sequence[InventoryFinding],
) -> ReviewFinding:
    names = [subject.relative(reviewed.workspace.root / each.file) for each in orphans]
    tests = [
        f"{name}:{each.line} {test}"
        for name, each in zip(names, orphans, strict=True)
        for test in each.names
    ]
    where = counted(len(orphans), "file")
    return RULE.finding(
        grade=grade,
        place=Place(PurePosixPath(names[0]), orphans[0].line),
        message=f"{counted(len(tests), 'test')} in {where} that no target reaches.",
        evidence=(
            *dict.fromkeys(each.reason for each in orphans),
            *names[1:_MOST_NAMES],
            *([f"and {len(names) - _MOST_NAMES} more files"] if len(names) > _MOST_NAMES else []),
        ),
        tests=tuple(tests),
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
