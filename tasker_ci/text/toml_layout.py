"""Where in a TOML text every header, key and value stands.

Parsers keep no positions, and those that keep comments write some documents anew wrongly (dotted
keys beside tables, tables out of order: https://github.com/python-poetry/tomlkit/issues). Here a
text that `tomllib` has read already is only divided, so that an edit replaces some of its
characters and no others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.text.toml_documents import read_toml

if TYPE_CHECKING:
    from tasker_ci.text.toml_lines import Place

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = (
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'  # up to two quotes may stand before the closing three
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
)
_TOKEN = re.compile(rf"{_STRING}|#[^\n]*|[\[{{]|[\]}}]|[^\"'#\[\]{{}}]+", re.DOTALL)
_SCALAR = re.compile(rf"{_STRING}|[^,\]}}#\n]*", re.DOTALL)
_KEY_PART = re.compile(r"[A-Za-z0-9_-]+|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'")


class LostError(Exception):
    """The text is not divided as was thought."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """``[table]`` or ``[[table]]``, from the bracket that opens to the one that closes."""

    path: Place
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """``key = value``, from the key's first character to the value's last."""

    path: Place
    """The whole way to the value, with positions in arrays of tables."""
    section: Place
    """The table whose header (or braces) it stands under; the rest of its path is its key."""
    start: int
    value: int
    """Where the value begins."""
    end: int
    inline: bool
    """Whether it stands between braces."""


@dataclass
class Layout:
    """The headers and entries of one text, in its order."""

    text: str
    headers: list[Header] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


def layout_of(text: str) -> Layout:
    """Divide a text that is valid TOML; raises `LostError` where that cannot be done."""
    layout = Layout(text)
    arrays: dict[Place, int] = {}
    section: Place = ()
    place = _skip(_BLANK, text, 0)
    while place < len(text):
        if text[place] == "[":
            is_array = text.startswith("[[", place)
            keys, end = _key(text, place + 1 + is_array)
            end = _skip(_SPACE, text, end)
            _expect(text, end, "]]" if is_array else "]")
            section = _resolved(keys[:-1], arrays) + keys[-1:]
            if is_array:
                arrays[section] = arrays.get(section, -1) + 1
                section = (*section, arrays[section])
            end += 1 + is_array
            layout.headers.append(Header(path=section, start=place, end=end))
        else:
            end = _entry(layout, section, place, inline=False)
        place = _skip(_BLANK, text, end)
    return layout


def _entry(layout: Layout, section: Place, start: int, *, inline: bool) -> int:
    text = layout.text
    keys, place = _key(text, start)
    place = _skip(_SPACE, text, place)
    _expect(text, place, "=")
    value = _skip(_SPACE, text, place + 1)
    end = _value_end(text, value)
    path = section + keys
    layout.entries.append(
        Entry(path=path, section=section, start=start, value=value, end=end, inline=inline)
    )
    if text[value] == "{":
        place = _skip(_BLANK, text, value + 1)
        while text[place] != "}":
            place = _skip(_BLANK, text, _entry(layout, path, place, inline=True))
            if text[place] == ",":
                place = _skip(_BLANK, text, place + 1)
    return end


def _value_end(text: str, start: int) -> int:
    if text[start : start + 1] not in {"[", "{"}:
        found = _SCALAR.match(text, start)
        if found is None or not found[0].strip():
            raise LostError
        return start + len(found[0].rstrip() if found[0][0] not in "\"'" else found[0])
    depth = 0
    place = start
    while token := _TOKEN.match(text, place):
        place = token.end()
        depth += (token[0] in {"[", "{"}) - (token[0] in {"]", "}"})
        if depth == 0:
            return place
    raise LostError


def _key(text: str, start: int) -> tuple[tuple[str, ...], int]:
    parts: list[str] = []
    place = start
    while True:
        found = _KEY_PART.match(text, _skip(_SPACE, text, place))
        if found is None:
            raise LostError
        part = found[0]
        parts.append(read_toml(f"key = {part}")["key"] if part[0] in "\"'" else part)
        place = _skip(_SPACE, text, found.end())
        if text[place : place + 1] != ".":
            return tuple(parts), found.end()
        place += 1


def _resolved(keys: tuple[str, ...], arrays: dict[Place, int]) -> Place:
    """The way to the table that a header's keys name: through the last entry of every array."""
    path: Place = ()
    for key in keys:
        path = (*path, key)
        if path in arrays:
            path = (*path, arrays[path])
    return path


def _skip(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return start if found is None else found.end()


def _expect(text: str, place: int, what: str) -> None:
    if not text.startswith(what, place):
        raise LostError
