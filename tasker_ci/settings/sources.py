"""Where a value came from, precise to the line of a file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tasker_ci.toml_documents import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Place = tuple[str | int, ...]
"""The way to a value in a document: keys of tables, positions in lists."""


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
    key: Place = ()

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


def line_of(text: str, key: Place) -> int | None:
    """The 1-based line of a TOML text where ``key`` is first set; None if it is nowhere."""
    return _lines(text).get(key)


@lru_cache(maxsize=4)
def _lines(text: str) -> Mapping[Place, int]:
    """The line of every key.

    The standard parser keeps no positions, so the text is parsed as a growing number of lines: the
    statement that brings a key is the one between the last prefix that parsed without it and the
    first that parses with it.
    """
    lines = text.split("\n")
    found: dict[Place, int] = {}
    start = 1
    for end in range(1, len(lines) + 1):
        try:
            document = read_toml("\n".join(lines[:end]) + "\n")
        except tomllib.TOMLDecodeError:
            continue
        for key in _paths(document):
            found.setdefault(key, start)
        start = end + 1
    return found


def _paths(value: Any, prefix: Place = ()) -> Iterator[Place]:
    if prefix:
        yield prefix
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _paths(item, (*prefix, name))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _paths(item, (*prefix, position))
