"""An archived workflow that names files that are gone.

```yaml
# .github/workflows/archived/ci-backup.yml
          file: ./docker/db/Dockerfile.dev
```

It is kept as the way back, and there is no way back: when somebody restores it, its jobs fail.

**Certain** for what it names with a key (`uses: ./…`, `file:`, `working-directory:`) or runs as a
script, and the repository does not have.

**Fix**: archive what it needs too, or remove it: git has it.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.places import Place
from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.plurals import are, counted
from tasker_ci.text.yaml_nodes import UnreadableYaml, entries, items, line, nodes_of
from tasker_ci.text.yaml_nodes import text as scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.sessions.review.subject import Subject

_ARCHIVED = re.compile(
    r"^\.github/(?:workflows/.+/|[\w.-]*workflows[\w.-]+/)[^/]+\.ya?ml(?:\.\w+)?$"
    r"|^\.github/.*\.ya?ml\.(?:bak|old|orig|backup|disabled|save|off)$"
    r"|^\.github/.*(?:rollback|backup)[\w.-]*\.ya?ml$"
)
_KEYS = {"file", "dockerfile", "compose-file", "working-directory", "manifest-path"}
_SCRIPT = re.compile(
    r"(?:^|[\s;&|(])(?:(?:bash|sh|source|python3?)\s+|chmod\s+\+x\s+|-f\s+|--file\s+)?"
    r"(\.{0,2}/?(?:[\w.-]+/)+[\w.-]+\.(?:sh|bash|py)|(?<=-f )[\w./-]+\.ya?ml)"
)
_LITERAL = re.compile(r"[\w./-]+")
_MADE = ("target/", "tmp/", "dist/", "build/", "out/")
_MOST_SHOWN = 5
_DEEPEST = 12


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each archived file."""
    checkout = subject.checkout
    for file in checkout.in_order:
        if not _ARCHIVED.search(str(file)):
            continue
        content = checkout.content(file)
        try:
            document = nodes_of(content) if content else None
        except UnreadableYaml:
            continue
        gone: dict[str, int] = {}
        for path, number in _named(document):
            plain = posixpath.normpath(path)
            if not _is_there(subject, plain):
                gone.setdefault(plain, number)
        if gone:
            yield _finding(file, gone)


def _named(node: Any, depth: int = 0) -> Iterator[tuple[str, int]]:
    """What keys and scripts of a workflow name, each with its line."""
    if depth > _DEEPEST:
        return
    for key, value in entries(node).items():
        word = scalar(value)
        if (key == "uses" and word.startswith("./")) or (
            key in _KEYS and word and _LITERAL.fullmatch(word) and not word.startswith("/")
        ):
            yield word, line(value)
        elif key == "run" and word:
            for number, text in enumerate(word.split("\n"), line(value) + 1):
                if text.lstrip().startswith("#"):
                    continue
                for found in _SCRIPT.finditer(text):
                    yield found[1], number
        else:
            yield from _named(value, depth + 1)
    for item in items(node):
        yield from _named(item, depth + 1)


def _is_there(subject: Subject, path: str) -> bool:
    if path in {".", ""} or path.startswith(("..", "/", *_MADE)):
        return True
    here = PurePosixPath(path)
    return subject.checkout.has(here) or subject.checkout.has_folder(here)


def _finding(file: PurePosixPath, gone: dict[str, int]) -> ReviewFinding:
    first = min(gone.values())
    return RULE.finding(
        place=Place(file, first),
        message=f"The archived {file.name} cannot be restored: {counted(len(gone), 'path')} that it"
        f" names {are(len(gone))} gone.",
        evidence=tuple(f"line {number}: {path}" for path, number in [*gone.items()][:_MOST_SHOWN]),
        fix="Remove it, git has it; or archive what it needs too.",
    )


RULE = ReviewRule(
    id="A1",
    name="archived",
    severity=Severity.WARNING,
    reads="archived workflows, the list of files",
    certain="where a key or a script names what is not there",
    find=find,
)
