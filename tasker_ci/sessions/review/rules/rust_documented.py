"""A document that promises an older Rust than the repository takes.

```markdown
- **Rust**: 1.75+ with Cargo
```

Cargo before 1.78 cannot read a Cargo.lock of version 4, and refuses a package whose `rust-version`
or `edition` is newer. Who follows the document gets an error that does not speak of Rust.

It looks at README, CONTRIBUTING and their like. **Certain** where each package says that it needs a
newer Rust. Cargo.lock alone leaves a suspicion: who only depends on the packages never reads it.

**Fix**: write the Rust that the jobs build with, in one place.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.places import Place
from tasker_ci.sessions.review.documented_commands import is_outside
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasker_ci.rust.workspace import Package
    from tasker_ci.sessions.review.subject import ReviewedWorkspace, Subject

Version = tuple[int, ...]

_PROMISE = re.compile(
    r"\b(?:Rust|rustc)\b[^\n\d]{0,30}(?<![\d.])(1\.\d{2}(?:\.\d+)?)\s*"
    r"(?:\+|or (?:later|newer|higher|above)|and (?:later|newer|above))",
    re.IGNORECASE,
)
_REQUIRES = re.compile(
    r"\b(?:requires?|required|requirements?|needs?|install\w*|prerequisites?|minimum|MSRV|at least"
    r"|supported|supports|must have|you(?:'ll)? need)\b|^\s*(?:[-*+]|\d+\.)\s*\W{0,3}Rust\b",
    re.IGNORECASE,
)
"""Without such a word a line may speak of the history of Rust."""

_ELSEWHERE = re.compile(
    r"\b(?:before|previous|was|until|since|used to|deprecated)\b", re.IGNORECASE
)
_OF_THE_REPOSITORY = re.compile(
    r"(?:readme|contributing|install\w*|building|develop\w*|hacking)\.(?:md|markdown)$",
    re.IGNORECASE,
)
"""Other documents may speak of the projects of their readers."""

_LOCK = re.compile(r"^version = (\d+)$", re.MULTILINE)
_LOCKS: dict[int, Version] = {4: (1, 78)}
"""The first cargo that reads a version of Cargo.lock."""

_EDITIONS: dict[str, Version] = {"2021": (1, 56), "2024": (1, 85)}
_IMAGE = re.compile(r"^FROM\s+(?:\S+/)?rust:(1\.\d+(?:\.\d+)?)", re.MULTILINE)
_MOST_PLACES = 5


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each workspace and version that its documents name."""
    promises: dict[tuple[PurePosixPath, str], list[Place]] = {}
    workspaces = {
        PurePosixPath(subject.relative(each.workspace.root)): each for each in subject.workspaces
    }
    for place, version in _promises(subject):
        root = next((each for each in place.file.parents if each in workspaces), None)
        if root is not None:
            promises.setdefault((root, version), []).append(place)
    for (root, version), places in promises.items():
        yield from _of_workspace(subject, root, workspaces[root], version, places)


def _promises(subject: Subject) -> Iterator[tuple[Place, str]]:
    for file in subject.checkout.in_order:
        if not _OF_THE_REPOSITORY.match(file.name) or is_outside(file):
            continue
        for number, line in enumerate(subject.checkout.lines(file), 1):
            found = _PROMISE.search(line)
            if found and _REQUIRES.search(line) and not _ELSEWHERE.search(line):
                yield Place(file, number), found[1]


def _of_workspace(
    subject: Subject,
    root: PurePosixPath,
    reviewed: ReviewedWorkspace,
    version: str,
    places: list[Place],
) -> Iterator[ReviewFinding]:
    promised = _parts(version)
    needs = [_needed(each) for each in reviewed.workspace.packages]
    least = min(needs, default=())
    locked = _LOCKS.get(_lock_version(subject, root), ())
    if least > promised:
        grade, why = Grade.CERTAIN, f"each package needs Rust {_text(least)} or later"
    elif locked > promised:
        grade = Grade.SUSPICION
        why = f"{root / 'Cargo.lock'} has version 4, which cargo reads from {_text(locked)} on"
    else:
        return
    first, *others = places
    also = f"also {', '.join(map(str, others[:_MOST_PLACES]))}"
    yield RULE.finding(
        grade=grade,
        place=first,
        message=f"Rust {version}, which this line promises, cannot build the repository.",
        evidence=(why, *((also,) if others else ()), *_spellings(subject, reviewed)),
        fix="Write the oldest Rust that a job builds with.",
    )


def _needed(package: Package) -> Version:
    """The oldest Rust that cargo builds a package with, as far as it says so."""
    declared = _parts(package.rust_version) if package.rust_version else ()
    return max(declared, _EDITIONS.get(package.edition, ()))


def _lock_version(subject: Subject, root: PurePosixPath) -> int:
    found = _LOCK.search((subject.checkout.text(root / "Cargo.lock") or "")[:400])
    return int(found[1]) if found else 0


def _spellings(subject: Subject, reviewed: ReviewedWorkspace) -> Iterable[str]:
    """The other versions of Rust that files name."""
    toolchains = sorted({each.toolchain for each in reviewed.selections if each.toolchain})
    if toolchains:
        yield f"toolchains of the jobs: {', '.join(toolchains)}"
    images: dict[str, PurePosixPath] = {}
    for file in subject.checkout.in_order:
        if "Dockerfile" in file.name:
            for version in _IMAGE.findall(subject.checkout.text(file) or ""):
                images.setdefault(version, file)
    if images:
        yield f"images: {', '.join(f'rust:{name} in {file}' for name, file in images.items())}"


def _parts(version: str) -> Version:
    return tuple(int(part) for part in version.split(".")[:2])


def _text(version: Version) -> str:
    return ".".join(map(str, version))


RULE = ReviewRule(
    id="M2",
    name="rust-documented",
    severity=Severity.WARNING,
    reads="versions of Rust in README and its like, manifests, Cargo.lock",
    certain="where each package says that it needs a newer Rust",
    find=find,
)
