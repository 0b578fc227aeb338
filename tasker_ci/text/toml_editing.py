"""One edit of a TOML document, by tomlkit.

tomlkit's own `document[key] = value` puts keys and tables below the comments of the next table, and
drops the comments of what it replaces. So the place in its document is chosen here. An edit that
changes anything else in the text is refused.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Comment, InlineTable, Null, Table, Trivia

from tasker_ci.text.toml_documents import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tomlkit.items import Item
    from tomlkit.items import Key as TomlKey

    from tasker_ci.text.toml_lines import Key, Place

    Body = list[tuple[TomlKey | None, Item]]
    Spot = tuple[Body, int]


_HEADER, _ENTRY, _IN_BRACES, _COMMENT, _BLANK = "HEICB"

_SECTION = re.compile("H(?:[^H]*[EI])?(?:C+(?![CH]))?")
"""A table to its last key, and the comments below it unless they are those of the next header."""


class SpoiltError(Exception):
    """tomlkit would change more than what was asked for; ``line`` is the first one, if known."""

    def __init__(self, line: int | None = None) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """A header, an entry (in braces or not), a comment or blank lines, as the text has them."""

    kind: str
    item: Item
    path: Place = ()
    """The way to a table or value, with positions in arrays of tables."""
    section: Place = ()
    """The table whose header or braces an entry stands under; the rest of its path is its key."""
    spot: Spot
    """The body of a table, and the index in it where the item stands."""
    after: Spot
    """Where the next piece stands, or would stand."""


class TomlEdit:
    """A document for one edit; raises `SpoiltError` if tomlkit does not keep its text."""

    def __init__(self, text: str) -> None:
        self._text = text
        try:
            self._document = tomlkit.parse(text)
        except TOMLKitError as error:
            raise SpoiltError(getattr(error, "line", None)) from None
        self._pieces = list(_pieces(self._document.body))
        self._kinds = "".join(each.kind for each in self._pieces)
        self._replaced = ""
        written = self._document.as_string()
        if written != text:
            raise SpoiltError(_line(text, _shared(text, written)))

    def result(self) -> str:
        """The edited text; raises `SpoiltError` if it is no TOML or changed elsewhere as well."""
        text, result = self._text, self._document.as_string()
        begin, end = _shared(text, result), _shared(text[::-1], result[::-1])
        if begin + end < min(len(text) - len(self._replaced), len(result)):
            raise SpoiltError(_line(text, begin))
        try:
            read_toml(result)
        except tomllib.TOMLDecodeError:
            raise SpoiltError(_line(text, begin)) from None
        return result

    def replace(self, key: Key, value: Any) -> bool:
        """Replace the value of an entry; False if there is no entry with this key."""
        found = [each for each in self._pieces if each.path == key and each.kind != _HEADER]
        for piece in found:
            self._put(piece, rendered(value))
        return bool(found)

    def remove(self, key: Key) -> bool:
        """Remove the last header or entry at ``key`` or beneath; False if there is none.

        The comment beside it stays, and those below it.
        """
        found = [place for place, each in enumerate(self._pieces)
                 if each.path[: len(key)] == key and each.kind in {_HEADER, _ENTRY}]  # fmt: skip
        for place in found[-1:]:
            item, (body, index) = self._pieces[place].item, self._pieces[place].spot
            near = item.trivia
            beside = Comment(Trivia(near.indent + near.comment_ws, "", near.comment, near.trail))
            kept: Body = [(None, beside)] if near.comment else []
            kept += item.value.body if isinstance(item, Table) else []
            holder = body[index][1]
            if isinstance(holder, AoT):
                holder.body.pop()
            if not isinstance(holder, AoT) or not holder.body:
                body[index] = (None, Null())
            self._insert(place, kept)
        return bool(found)

    def insert(self, key: Key, value: Any) -> None:
        """Insert a value that is missing.

        It goes into the braces of its table, below the last key of it, or below a new header. A
        new header goes above the tables beneath it, or else below its nearest relative.
        """
        table, last = key[:-1], None
        for place, each in enumerate(self._pieces):
            is_of_it = each.path[: len(table)] == table and len(each.section) <= len(table)
            if _holds(each, key) or (is_of_it and each.kind in {_HEADER, _ENTRY}):
                last = place
        if last is None:
            place = self._place_of(table)
            around = (self._kinds[:place][-1:], self._kinds[place:][:1])
            begin, end = ("" if kind in {"", _BLANK} else "\n" for kind in around)
            header = f"[{tomlkit.key(table).as_string()}]\n" if table else ""
            self._insert_lines(place, f"{begin}{header}{assignment(key[-1:], value)}\n{end}")
        elif _holds(near := self._pieces[last], key):
            entry = assignment(key[len(near.path) :], value)
            self._put(near, _in_braces(near.item.as_string(), entry))
        else:
            entry = assignment(key[len(near.section) :], value)
            self._insert_lines(last + 1, f"{near.item.trivia.indent}{entry}\n")

    def _put(self, piece: _Piece, value: str) -> None:
        body, index = piece.spot
        key, old = body[index]
        try:
            new = tomlkit.value(value)
        except TOMLKitError:  # a key in braces that is there with dots already
            raise SpoiltError from None
        vars(new.trivia).update(vars(old.trivia))
        body[index] = (key, new)
        self._replaced = old.as_string()

    def _insert_lines(self, place: int, lines: str) -> None:
        self._insert(place, tomlkit.parse(lines.replace("\n", newline_of(self._text))).body)

    def _insert(self, place: int, content: Body) -> None:
        """Insert above the piece at ``place``."""
        body, index = self._pieces[place - 1].after if place else (self._document.body, 0)
        body[index:index] = content

    def _place_of(self, table: Place) -> int:
        """The piece that a new table goes above; without a path: the first key of no table."""
        for length in range(len(table), -1, -1):
            near = [place for place, each in enumerate(self._pieces)
                    if each.kind == _HEADER and each.path[:length] == table[:length]]  # fmt: skip
            if near and length == len(
                table
            ):  # above its comments, unless the text begins with them
                return len(self._kinds[: near[0]].rstrip(_COMMENT)) or near[0]
            if near and length:
                parent = [place for place in near if len(self._pieces[place].path) == length]
                section = _SECTION.match(self._kinds, (parent or near)[-1])
                return section.end() if section else 0
        return len(self._pieces)


def newline_of(text: str) -> str:
    """What the first line of a text ends with."""
    return "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"


def assignment(key: Sequence[str], value: Any) -> str:
    """A dotted key with its value, on one line."""
    return f"{tomlkit.key(key).as_string()} = {rendered(value)}"


def rendered(value: Any) -> str:
    """A value on one line, as TOML spells it."""
    if isinstance(value, dict):
        inner = ", ".join(assignment([key], item) for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(rendered, value))}]"
    text: str = tomlkit.item(value).as_string()
    return text


def _pieces(
    body: Body,
    path: Place = (),
    section: Place = (),
    after: Spot | None = None,
    kind: str = _ENTRY,
) -> Iterator[_Piece]:
    """The pieces of a body; ``after`` is where the next one stands if they are within an entry."""
    for index, (key, item) in enumerate(body):
        end = after or (body, index + 1)
        piece = partial(_Piece, item=item, spot=(body, index), after=end)
        if key is None:
            if kind == _ENTRY:
                yield piece(kind=_COMMENT if isinstance(item, Comment) else _BLANK)
            continue
        place: Place = (*path, key.key)
        if isinstance(item, Table) and key.is_dotted():
            yield from _pieces(item.value.body, place, section, end, kind)
        elif isinstance(item, Table | AoT):
            for number, table in enumerate([item] if isinstance(item, Table) else item.body):
                way = place if isinstance(item, Table) else (*place, number)
                start = (table.value.body, 0)
                if not table.is_super_table():
                    yield piece(kind=_HEADER, item=table, path=way, section=way, after=start)
                yield from _pieces(table.value.body, way, way)
        else:
            yield piece(kind=kind, path=place, section=section)
            if isinstance(item, InlineTable):
                yield from _pieces(item.value.body, place, place, end, _IN_BRACES)


def _shared(one: Sequence[Any], other: Sequence[Any]) -> int:
    """How many items two sequences begin with in common."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _holds(piece: _Piece, key: Key) -> bool:
    """Whether a value in braces is the table of ``key``, or one around it."""
    return isinstance(piece.item, InlineTable) and piece.path == key[: len(piece.path)]


def _in_braces(braces: str, entry: str) -> str:
    inner = braces[1:-1].rstrip()
    return f"{{{inner}, {entry}{braces[len(inner) + 1 :]}" if inner else f"{{ {entry} }}"
