"""The line of every key in a TOML text, though the parser keeps none."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tasker_ci.text.toml_documents import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Key = tuple[str, ...]
"""The way to a setting: ``("audit", "require-database")``."""

Place = tuple[str | int, ...]
"""The way to a value in a document: keys of tables, positions in lists."""


_DEEPEST = 20
"""No setting lies as deep; a dotted key of thousands of parts would take its time."""


def line_of(text: str, key: Place) -> int | None:
    """The 1-based line of a TOML text where ``key`` is first set; None if it is nowhere."""
    return _lines(text).get(key)


@lru_cache(maxsize=4)
def _lines(text: str) -> Mapping[Place, int]:
    """The line of every key, in one pass over a document that the parser takes.

    The standard parser keeps no positions. So it is given each statement by itself, and a key has
    the line on which its statement begins.
    """
    found: dict[Place, int] = {}
    last: dict[Place, int] = {}
    table: Place = ()
    for line, statement in _statements(text):
        document = read_toml(statement, deepest=len(text))  # a part of what was taken
        if statement.lstrip().startswith("["):
            table, opened = _opened(document, last)
            for place in opened:
                found.setdefault(place, line)
        else:
            for place in _paths(document, table):
                found.setdefault(place, line)
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The statements of a document, each with the number of its first line."""
    begin, first, line, depth = 0, 1, 1, 0
    for token in _TOKEN.finditer(text):
        found = token[0]
        if found == "\n":
            line += 1
            if depth == 0:
                yield first, text[begin : token.end()]
                begin, first = token.end(), line
        elif found in "[{":
            depth += 1
        elif found in "]}":
            depth -= 1
        else:
            line += found.count("\n")
    yield first, text[begin:]


_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+"{3,5}'
    r"|'''(?:[^']|'(?!''))*+'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*+"'
    r"|'[^'\n]*+'"
    r"|#[^\n]*+|[\[\]{}\n]",
    re.DOTALL,
)
"""What may hold brackets or newlines that mean nothing, and those that do.
https://toml.io/en/v1.0.0#string
"""


def _opened(header: Mapping[str, Any], last: dict[Place, int]) -> tuple[Place, list[Place]]:
    """The table that a header opens, and all places on the way; ``last`` counts those in lists."""
    table: Place = ()
    opened: list[Place] = []
    while header and len(table) < _DEEPEST:
        ((name, inner),) = header.items()
        table = (*table, name)
        opened.append(table)
        if isinstance(inner, list):  # [[…]], which ends with it
            last[table] = last.get(table, -1) + 1
            inner = inner[0]
        if table in last:
            table = (*table, last[table])
            opened.append(table)
        header = inner
    return table, opened


def _paths(value: Any, place: Place) -> Iterator[Place]:
    """All places within a value, those of `_DEEPEST` levels; its own is known already."""
    waiting = [(place, value)]
    while waiting:
        place, value = waiting.pop()
        if len(place) == _DEEPEST:
            continue
        inner = value.items() if isinstance(value, dict) else ()
        for key, item in enumerate(value) if isinstance(value, list) else inner:
            yield (*place, key)
            if isinstance(item, (dict, list)):
                waiting.append(((*place, key), item))
