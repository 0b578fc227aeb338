"""TOML that somebody else wrote: whatever is wrong with it is one kind of error."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from tasker_ci.text.file_reading import read_text

if TYPE_CHECKING:
    from pathlib import Path

BYTE_ORDER_MARK = "\ufeff"

_LEAST, _MOST = -(2**63), 2**63 - 1

_DEEPEST = 200
"""No document of a person's has so many tables within one another; reading is a recursion."""


def read_toml(text: str, *, deepest: int = _DEEPEST) -> dict[str, Any]:
    """The tables of a TOML document, which a byte order mark may begin, as it may for cargo.

    Raises `tomllib.TOMLDecodeError`, also where `tomllib` raises something else or nothing: for
    nesting that is too deep, and for an integer beyond 64 bits, which readers have to refuse
    (https://toml.io/en/v1.0.0#integer) and Python cannot print beyond 4 300 digits.
    """
    if any(map(_has_endless_key, text.splitlines())):
        raise tomllib.TOMLDecodeError(_DEEP)
    try:
        document = tomllib.loads(text.removeprefix(BYTE_ORDER_MARK))
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise tomllib.TOMLDecodeError(_DEEP) from None
    except ValueError as error:  # too many digits; a date that is none
        digits = "integer string conversion" in str(error)
        raise tomllib.TOMLDecodeError(_LARGE if digits else str(error)) from None
    found: list[tuple[Any, int]] = [(document, 0)]
    while found:
        each, depth = found.pop()
        if depth > deepest:  # dotted keys, which `tomllib` reads without any limit
            raise tomllib.TOMLDecodeError(_DEEP)
        if isinstance(each, dict):
            found.extend((value, depth + 1) for value in each.values())
        elif isinstance(each, list):
            found.extend((value, depth + 1) for value in each)
        elif isinstance(each, int) and not _LEAST <= each <= _MOST:
            raise tomllib.TOMLDecodeError(_LARGE)
    return document


def read_tables(file: Path) -> dict[str, Any]:
    """The tables of a TOML file; empty if it is absent, or cannot be read.

    For files of other tools, which report themselves what is wrong with them.
    """
    try:
        return read_toml(read_text(file))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def has_table(file: Path, *names: str) -> bool:
    """Whether a TOML file has this table, as tools keep theirs in files of others.

    No for a file that `read_tables` cannot read.
    """
    found: Any = read_tables(file)
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return isinstance(found, dict)


def _has_endless_key(line: str) -> bool:
    """Whether a line has a dotted key of so many parts that `tomllib` takes minutes for it.

    It takes the square of their number. Numbers and dots in a text between quotes make no key.
    """
    if line.count(".") < _MOST_PARTS:
        return False
    words = _NO_PART_OF_A_KEY.split(_QUOTED.sub("q", _AROUND_DOTS.sub(".", line)))
    return any(word.count(".") >= _MOST_PARTS and ".." not in word for word in words)


_MOST_PARTS = 1000
_AROUND_DOTS = re.compile(r"(?<![ \t])[ \t]*\.[ \t]*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_NO_PART_OF_A_KEY = re.compile(r"[^\w.-]+")

_DEEP = "its values are nested too deeply"
_LARGE = "an integer has more than 64 bits"
