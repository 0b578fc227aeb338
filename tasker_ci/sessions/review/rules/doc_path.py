"""A documented command that names a file that is not there.

````markdown
```sh
docker compose -f docker/docker-compose.ci.yml up -d
```
````

The file was moved or removed, and the document was not read since.

**A suspicion**: the reader may be in another folder. A path counts as there if it is, from the root
of the repository or from the folder of the document.

**Fix**: correct the path, or remove the command.
"""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.named_paths import files_of, may_be_file
from tasker_ci.sessions.review.rule import ReviewRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.sessions.review.documented_commands import DocumentedCommand
    from tasker_ci.sessions.review.subject import Subject

_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_SCRIPTS = (".sh", ".bash", ".py", ".rb")
"""Other programs are built."""

_MOST = 40


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each path in each document."""
    told: set[tuple[PurePosixPath, str]] = set()
    for documented in subject.documented:
        for what, path in _missing(subject.checkout, documented):
            file = documented.command.place.file
            if (file, path) in told or len(told) >= _MOST:
                continue
            told.add((file, path))
            yield RULE.finding(
                grade=Grade.SUSPICION,
                place=documented.command.place,
                message=f"{what} {path} is not in the repository.",
                evidence=(f"`{documented.text}`",),
                fix="Correct the path, or remove the command.",
            )


def _missing(checkout: Checkout, documented: DocumentedCommand) -> Iterator[tuple[str, str]]:
    command = documented.command
    words = [word or "" for word in command.words]
    here = (PurePosixPath(), command.place.file.parent)
    named = [*files_of(words)] if words else []
    for what, path in named:
        plain = posixpath.normpath(path)
        made = what == "The script" and not plain.endswith(_SCRIPTS)
        wanted = may_be_file(path) and not made and not plain.startswith((".git/", "target/"))
        if wanted and not any(_is_there(checkout, folder / plain) for folder in here):
            yield what, plain
    starts = words[:1] == ["docker-compose"] or words[:2] == ["docker", "compose"]
    starts = starts and not named and not {"-f", "--file", "version", "--help"} & {*words}
    if starts and not any(
        _is_there(checkout, folder / name) for folder in here for name in _COMPOSE
    ):
        yield "The compose file", _COMPOSE[-1]


def _is_there(checkout: Checkout, path: PurePosixPath) -> bool:
    plain = PurePosixPath(posixpath.normpath(str(path)))
    return checkout.has(plain) or checkout.has_folder(plain)


RULE = ReviewRule(
    id="D3",
    name="doc-path",
    severity=Severity.WARNING,
    reads="fenced commands in Markdown, the list of files",
    certain="never: the reader may be in another folder",
    find=find,
)
