"""What a Rust file holds as a line of JSON, to be kept or handed on, and back.

Each value is the list of its fields, without those at the end that are as ever. Conditions are a
text within it: the same few stand at most tests, and are read once.
"""

from __future__ import annotations

import json
from dataclasses import fields
from functools import lru_cache
from itertools import starmap
from typing import TYPE_CHECKING, Any, TypeVar

from tasker_ci.rust.conditions import Condition
from tasker_ci.rust.declarations import (
    DocumentationExample,
    Include,
    Level,
    Module,
    SourceFile,
    Test,
    TextLiteral,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Kind = TypeVar("_Kind")

_KINDS: tuple[type[Any], ...] = (DocumentationExample, Include, Level, Module, SourceFile, Test)
_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in _KINDS}
_DEFAULTS = {kind: tuple(field.default for field in fields(kind)) for kind in _KINDS}
_WRITER = json.JSONEncoder(separators=(",", ":"))
_OF_TEXT = tuple(TextLiteral._field_defaults.get(name) for name in TextLiteral._fields)


class BrokenPack(ValueError):
    """A line that was not made here, or that is damaged."""


def pack_source(source: SourceFile) -> str:
    """A source as one line."""
    return _line(_row(source))


def pack_texts(texts: tuple[TextLiteral, ...]) -> str:
    """String literals as one line."""
    return _line(
        [
            each[:2] if each[2:] == _OF_TEXT[2:] else _shortened(list(each), _OF_TEXT)
            for each in texts
        ]
    )


def unpack_source(line: bytes) -> SourceFile:
    """The source of a line. Raises `BrokenPack`."""
    try:
        return _made(SourceFile, json.loads(line))
    except (ValueError, TypeError, RecursionError) as error:
        raise BrokenPack(str(error)) from error


def unpack_texts(line: bytes) -> tuple[TextLiteral, ...]:
    """The string literals of a line. Raises `BrokenPack`."""
    try:
        return tuple(starmap(TextLiteral, json.loads(line)))
    except (ValueError, TypeError, RecursionError) as error:
        raise BrokenPack(str(error)) from error


def _line(value: Any) -> str:
    return _WRITER.encode(value)


def _row(value: Any) -> list[Any]:
    """The fields of a value."""
    kind = type(value)
    row = _shortened([getattr(value, name) for name in _NAMES[kind]], _DEFAULTS[kind])
    return [_plain(each) for each in row]


def _shortened(row: list[Any], defaults: Sequence[Any]) -> list[Any]:
    """Without those at the end that are as ever."""
    while row and row[-1] == defaults[len(row) - 1]:
        row.pop()
    return row


def _plain(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value if value is None or isinstance(value, (str, int)) else _row(value)
    if value and isinstance(value[0], Condition):
        return _line([*map(_condition_row, value)])
    return [_plain(each) for each in value]


def _condition_row(condition: Condition) -> list[Any]:
    parts = [*map(_condition_row, condition.parts)]
    return [condition.operator, condition.name, condition.value, parts]


def _made(kind: type[_Kind], row: Any) -> _Kind:
    """A value from the list of its fields."""
    names = _NAMES[kind]
    if not isinstance(row, list) or len(row) > len(names):
        raise TypeError(f"{kind.__name__} is no such list")
    return kind(
        **{
            name: _READERS[name](given) if name in _READERS else given
            for name, given in zip(names, row, strict=False)
        }
    )


def _all(kind: type[_Kind]) -> Callable[[Any], tuple[_Kind, ...]]:
    return lambda rows: tuple([_made(kind, row) for row in rows])


def _conditions(given: Any) -> tuple[Condition, ...]:
    return _read_conditions(given) if given else ()


@lru_cache(maxsize=4096)
def _read_conditions(text: str) -> tuple[Condition, ...]:
    return tuple(map(_condition, json.loads(text)))


def _condition(row: Any) -> Condition:
    operator, name, value, parts = row
    return Condition(operator, name, value, tuple(map(_condition, parts)))


def _lists_of_conditions(given: Any) -> tuple[tuple[Condition, ...], ...]:
    return tuple(map(_conditions, given))


_READERS: dict[str, Callable[[Any], Any]] = {
    "modules": _all(Module),
    "includes": _all(Include),
    "tests": _all(Test),
    "benchmarks": _all(Test),
    "examples": _all(DocumentationExample),
    "levels": _all(Level),
    "paths": tuple,
    "conditions": _conditions,
    "unstable": _conditions,
    "path_conditions": _lists_of_conditions,
    "refusals": _lists_of_conditions,
}
"""By the names of fields; all others are plain."""
