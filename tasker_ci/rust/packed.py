"""What a Rust file holds as a line of JSON, to be kept or handed on, and back."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from tasker_ci.rust.conditions import Condition
from tasker_ci.rust.declarations import Example, Include, Level, Module, Source, Test, Text

_KINDS: dict[str, type[Any]] = {
    each.__name__: each for each in (Condition, Example, Include, Level, Module, Source, Test)
}
_NAMES = {name: tuple(field.name for field in fields(kind)) for name, kind in _KINDS.items()}
_DEFAULTS = {
    name: {field.name: field.default for field in fields(kind)} for name, kind in _KINDS.items()
}
_OF_TEXT = [Text._field_defaults.get(name) for name in Text._fields]


class BrokenPack(ValueError):
    """A line that was not made here, or that is damaged."""


def pack_source(source: Source) -> str:
    """A source as one line."""
    return json.dumps(_plain(source), separators=(",", ":"))


def pack_texts(texts: tuple[Text, ...]) -> str:
    """String literals as one line."""
    return json.dumps([_row(each) for each in texts], separators=(",", ":"))


def unpack_source(line: bytes) -> Source:
    """The source of a line. Raises `BrokenPack`."""
    try:
        source = json.loads(line, object_hook=_value)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BrokenPack(str(error)) from error
    if not isinstance(source, Source):
        raise BrokenPack("it is no source")
    return source


def unpack_texts(line: bytes) -> tuple[Text, ...]:
    """The string literals of a line. Raises `BrokenPack`."""
    try:
        rows = json.loads(line)
        return tuple(Text(*row) for row in rows)
    except (ValueError, TypeError, RecursionError) as error:
        raise BrokenPack(str(error)) from error


def _row(text: Text) -> list[Any]:
    """The fields of a text, without those at the end that are as ever."""
    row = list(text)
    while row[-1] == _OF_TEXT[len(row) - 1]:
        row.pop()
    return row


def _plain(value: Any) -> Any:
    """A value of the tables above as lists and objects of one key: its kind, with its fields."""
    name = type(value).__name__
    if name in _NAMES:
        default = _DEFAULTS[name]
        own = {each: getattr(value, each) for each in _NAMES[name]}
        return {name: {each: _plain(one) for each, one in own.items() if one != default[each]}}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _value(found: dict[str, Any]) -> Any:
    if len(found) == 1:
        ((name, given),) = found.items()
        if name in _KINDS and isinstance(given, dict):
            return _KINDS[name](**{key: _tupled(each) for key, each in given.items()})
    return found


def _tupled(value: Any) -> Any:
    return tuple(map(_tupled, value)) if isinstance(value, list) else value
