"""Whether anything of a CI names a version of Rust, for claims beside what cannot be read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from tasker_ci.sessions.review.subject import Subject

_ENDINGS = {
    *(".sh", ".bash", ".py", ".ps1", ".js", ".ts", ".mk", ".nix", ".just", ".rb", ".pl"),
    *(".yml", ".yaml"),
}
_NAMES = re.compile(
    r"(?:Makefile|GNUmakefile|justfile|Justfile|\.justfile|Makefile\.toml|rust-toolchain(?:\.toml)?)"
    r"|(?:.*[.-])?(?:Docker|Container)file(?:[.-].*)?"
)
_MOST_CHARACTERS = 200_000
"""What is longer is no script that anybody wrote."""
_FINDS_OUT = re.compile(r"(?i)msrv|rust[-_]version|minimum.{0,20}rust")
"""What a script that takes the version from a manifest would name."""

_OUTSIDE = re.compile(
    r"another repository|may run|runs the image|not read\b|another system|not known here|program \("
    r"|cannot be read|runs cargo itself"
)
"""In the reason of what is not read: a place whose text does not tell what runs there."""


def may_be_built(subject: Subject, version: str) -> bool:
    """Whether a part of a CI that could not be read may build with this version of Rust."""
    unread = (*subject.opaque, *subject.opaque_builds)
    if not unread:
        return False
    if any(_OUTSIDE.search(each.why) for each in unread):
        return True
    parts = [*version.split("."), "0"][:2]
    named = re.compile(rf"(?<![\d.]){re.escape('.'.join(parts))}(?!\d)")
    return any(_FINDS_OUT.search(text) or named.search(text) for text in _texts(subject))


def _texts(subject: Subject) -> Iterator[str]:
    """The files in which a CI would name a version: workflows, scripts, recipes, images."""
    for file in subject.checkout.files:
        if _is_of_ci(file) and len(text := subject.checkout.text(file) or "") <= _MOST_CHARACTERS:
            yield text


def _is_of_ci(file: PurePosixPath) -> bool:
    return file.suffix in _ENDINGS or _NAMES.fullmatch(file.name) is not None
