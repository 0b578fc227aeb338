"""Where a value came from, precise to the line of a file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Rank(IntEnum):
    """The layers of settings; a higher one wins."""

    DEFAULT = 0
    PRESET = 1
    FILE = 2
    VARIABLE = 3
    FLAG = 4


@dataclass(frozen=True, kw_only=True)
class Source:
    """One place a value came from; ``str`` names it for people."""

    rank: Rank
    name: str = ""
    text: str = ""
    key: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.rank is Rank.DEFAULT:
            return "default"
        if self.rank is Rank.PRESET:
            return f"preset {self.name}"
        if self.rank is Rank.FILE:
            line = line_of(self.text, self.key)
            return f"{self.name}:{line}" if line else self.name
        kind = "variable" if self.rank is Rank.VARIABLE else "flag"
        return f"{kind} {self.name}"


def line_of(text: str, key: tuple[str, ...]) -> int | None:
    """The 1-based line of a TOML text where ``key`` is first set; None if it is nowhere.

    The standard parser keeps no positions, so the text is parsed as a growing number of lines: the
    statement that brings the key is the one between the last prefix that parsed without it and the
    first that parses with it.
    """
    lines = text.splitlines(keepends=True)
    start = 0
    for end in range(1, len(lines) + 1):
        try:
            document = tomllib.loads("".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue
        if _contains(document, key):
            return start + 1
        start = end
    return None


def _contains(document: Any, key: tuple[str, ...]) -> bool:
    for part in key:
        if isinstance(document, list):
            document = document[-1]
        if not isinstance(document, dict) or part not in document:
            return False
        document = document[part]
    return True
