"""Which files have texts that can lead to what has changed; those of all others need no reading.

A text leads to a file by its last word (`a/name.json`), by a pattern, or by the names that mean
the whole workspace or a program. This looks at texts as they are kept, as JSON.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import PurePath

_LAST_WORD = re.compile(rb'["/}]([^"/{}]*)(?=["/{])')
"""What stands between slashes, quotes, and what `format!` fills in."""

_PATTERN = re.compile(rb'\*|\\\\|"/+"|WORKSPACE')
"""A pattern for names, a backslash, a folder of its own, a variable for the workspace."""

_IN_JSON = re.compile(r'[\\"{}]')
_ANY_FOLDER = (".", "..")


@dataclass(frozen=True)
class Telling:
    """Says of packed texts whether one may lead to some names."""

    words: frozenset[bytes] | None
    """As JSON writes them; None if any text may."""

    def may_tell(self, texts: bytes) -> bool:
        """Whether one of the texts in a line of JSON may lead to a name."""
        return (
            self.words is None
            or not self.words.isdisjoint(_LAST_WORD.findall(texts))
            or _PATTERN.search(texts) is not None
        )


def telling_of(files: Iterable[PurePath], names: Collection[str]) -> Telling:
    """For texts that lead to one of ``files``, a folder around it, or are one of ``names``."""
    words = {*names, *_ANY_FOLDER}
    for file in files:
        words.update((*file.parts, file.suffix, file.suffix[1:]))
    words -= {"", "/"}
    if any(map(_IN_JSON.search, words)):
        return Telling(None)
    return Telling(frozenset(json.dumps(word)[1:-1].encode() for word in words))
