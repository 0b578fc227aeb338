"""Names of files that are no text, read from git without loss."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

QUOTED = ("-c", "core.quotePath=true")
"""Git's option for names in quotes wherever they are not plain ASCII.

With ``-z`` the bytes come as they are, and a byte that is no UTF-8 would be lost on the way.
"""

_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_LETTERS = {
    b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v",
}  # fmt: skip


def git_names(text: str) -> Iterator[str]:
    """The names in an answer of git that was asked with `QUOTED`, as Python names files.

    https://git-scm.com/docs/git-config#Documentation/git-config.txt-corequotePath
    """
    for line in text.splitlines():
        if line.startswith('"') and line.endswith('"'):
            yield os.fsdecode(_ESCAPE.sub(_byte, line[1:-1].encode()))
        elif line:
            yield line


def _byte(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8) & 0xFF]) if code.isdigit() else _LETTERS.get(code, code)
