"""A file that `sync` writes: its path, its text, and the header by which it is known again."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePosixPath

_MARK = "Written by `tasker-ci sync` from .config/tasker-ci.toml; change that, not this file."
_CHECKSUM = re.compile(r"Checksum: (?P<digits>[0-9a-f]{16})")
_DIGITS = 16


@dataclass(frozen=True, kw_only=True)
class GeneratedFile:
    """One file as it should be."""

    path: PurePosixPath
    """Relative to the project root."""
    text: str
    """All of it, with the header; it ends with a newline."""


def with_header(body: str, *, opening: str = "# ", closing: str = "") -> str:
    """``body`` below the lines that say who wrote it.

    ``opening`` and ``closing`` make a comment of a line: ``# `` in YAML, ``<!-- `` and `` -->`` in
    Markdown. The checksum is that of the body, so that a file edited by hand is known.
    """
    lines = (_MARK, f"Checksum: {_digits(body)}")
    return "".join(f"{opening}{line}{closing}\n" for line in lines) + body


def is_ours(text: str) -> bool:
    """Whether `sync` wrote the file, edited by hand since or not."""
    return _MARK in text.partition("\n")[0]


def is_untouched(text: str) -> bool:
    """Whether `sync` wrote the file and nobody has edited it since."""
    first, _, rest = text.partition("\n")
    second, _, body = rest.partition("\n")
    found = _CHECKSUM.search(second)
    return _MARK in first and found is not None and found["digits"] == _digits(body)


def _digits(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:_DIGITS]
