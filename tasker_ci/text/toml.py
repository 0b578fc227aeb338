"""Set values in a TOML text that belongs to somebody else: every other character stays."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import TomlError
from tasker_ci.text.toml_documents import BYTE_ORDER_MARK, read_toml
from tasker_ci.text.toml_layout import Entry, Header, Layout, LostError, layout_of
from tasker_ci.text.toml_lines import line_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.text.toml_lines import Key

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LINE = re.compile(r"at line (\d+)")


def with_values(text: str, values: Mapping[Key, Any], *, name: str) -> str:
    """Return ``text`` with each of ``values`` at its place, and nothing else changed.

    A value that is there already keeps its spelling; a new key follows the last one of its table,
    a new table the last of its neighbours; newlines, byte order mark and a missing newline at the
    end stay. ``name`` is the file's, for messages. Raises `TomlError` for a text that is no TOML,
    for a value in the way of a table, and where the result would not say what it should.
    """
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    text = text.removeprefix(mark)
    model = parsed(text, name=name)
    wanted = copy.deepcopy(model)
    for key, value in values.items():
        _assign(wanted, key, value, text=text, name=name)
    result = text
    try:
        for key, value in values.items():
            edited = _set(result, model, key, value)
            if edited != result:
                result, model = edited, read_toml(edited)
    except (LostError, tomllib.TOMLDecodeError):
        model = {}
    if not same(model, wanted):
        keys = ", ".join(f"`{'.'.join(key)}`" for key in values)
        raise TomlError(
            f"{name} is written in a way that cannot be edited here without harm.",
            next_step=f"Set {keys} there by hand, or write its tables with headers of their own.",
        )
    return mark + result


def parsed(text: str, *, name: str) -> dict[str, Any]:
    """What a TOML text says; raises `TomlError` with file and line where it is none."""
    text = text.removeprefix(BYTE_ORDER_MARK)
    try:
        return read_toml(text)
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise TomlError(
            f"{name}:{line}: this is no TOML: {error}", next_step="Fix that line."
        ) from None


def rendered(value: Any) -> str:
    """A value on one line, as TOML spells it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(key)} = {rendered(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(rendered(item) for item in value) + "]"
    return str(value)  # numbers, and dates with a blank between day and time


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same TOML: 1, 1.0 and true are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and (one == other or one != one)  # noqa: PLR0124 - nan


def found(model: Mapping[str, Any], key: Key) -> Any:
    """The value at ``key``; None where there is none."""
    node: Any = model
    for part in key:
        if not isinstance(node, dict) or part not in node:
            return None
        node = node[part]
    return node


def _assign(model: dict[str, Any], key: Key, value: Any, *, text: str, name: str) -> None:
    node = model
    for depth, part in enumerate(key[:-1], start=1):
        following = node.setdefault(part, {})
        if not isinstance(following, dict):
            way = key[:depth]
            raise TomlError(
                f"{name}:{line_of(text, way) or 1}: `{'.'.join(way)}` must be a table.",
                next_step="Fix that line.",
            )
        node = following
    node[key[-1]] = value


def _set(text: str, model: Mapping[str, Any], key: Key, value: Any) -> str:
    present = found(model, key)
    if present is not None and same(present, value):
        return text
    layout = layout_of(text)
    own = next((entry for entry in layout.entries if entry.path == key), None)
    if own is not None:
        return text[: own.value] + rendered(value) + text[own.end :]
    if isinstance(present, dict) and isinstance(value, dict):
        return _set_table(text, key, present, value)
    if present is not None:
        text = _without(text, key)
        layout = layout_of(text)
    braces = [
        entry
        for entry in layout.entries
        if entry.path == key[: len(entry.path)] and text[entry.value] == "{"
    ]
    if braces:
        return _into_braces(text, layout, braces[-1], key, value)
    return _into_table(layout, key, value)


def _set_table(text: str, key: Key, present: Mapping[str, Any], value: Mapping[str, Any]) -> str:
    """A table that has a header, or keys with dots: key by key, so that its comments stay."""
    for part, item in value.items():
        text = _set(text, read_toml(text), (*key, part), item)
    for part in present.keys() - value.keys():
        text = _without(text, (*key, part))
    return text


def _without(text: str, key: Key) -> str:
    """Take out every header and entry at ``key`` and beneath; comments beside them stay."""
    layout = layout_of(text)
    entries = [entry for entry in layout.entries if entry.path[: len(key)] == key]
    headers = [header for header in layout.headers if header.path[: len(key)] == key]
    outer = [entry for entry in entries if not entry.inline]
    spans = [*((item.start, item.end) for item in headers),
             *((item.start, item.end) for item in outer)]  # fmt: skip
    if not all(any(item.start <= entry.start < item.end for item in outer) for entry in entries):
        raise LostError  # a key with dots between braces
    for start, end in sorted(spans, reverse=True):
        begin, following = text.rfind("\n", 0, start) + 1, _line_end(text, end)
        alone = not text[begin:start].strip() and not text[end:following].strip()
        text = text[:begin] + text[following:] if alone else text[:start] + text[end:]
    return text


def _into_braces(text: str, layout: Layout, holder: Entry, key: Key, value: Any) -> str:
    addition = f"{_dotted(key[len(holder.path) :])} = {rendered(value)}"
    inside = [entry for entry in layout.entries if entry.inline and entry.section == holder.path
              and holder.start < entry.start < holder.end]  # fmt: skip
    if inside:
        last = max(entry.end for entry in inside)
        return f"{text[:last]}, {addition}{text[last:]}"
    return f"{text[: holder.value]}{{ {addition} }}{text[holder.end :]}"


def _into_table(layout: Layout, key: Key, value: Any) -> str:
    table = key[:-1]
    header = next((item for item in layout.headers if item.path == table), None)
    if header is not None or not table:
        return _into_section(layout, header, key, value)
    dotted = [
        entry
        for entry in layout.entries
        if entry.path[: len(table)] == table and len(entry.section) < len(table)
    ]
    if dotted:
        last = dotted[-1]
        line = f"{_dotted(key[len(last.section) :])} = {rendered(value)}"
        return _line_after(layout.text, last.start, last.end, line)
    return _with_header(layout, key, value)


def _into_section(layout: Layout, header: Header | None, key: Key, value: Any) -> str:
    text = layout.text
    line = f"{_key(key[-1])} = {rendered(value)}"
    begin = header.end if header else 0
    end = min((item.start for item in layout.headers if item.start > begin), default=len(text))
    if header is None and layout.headers and layout.headers[0].start == 0:
        end = 0
    inside = [entry for entry in layout.entries
              if begin <= entry.start < end and not entry.inline]  # fmt: skip
    if inside:
        return _line_after(text, inside[-1].start, inside[-1].end, line)
    if header is not None:
        return _line_after(text, header.start, header.end, line)
    return _block(text, _before(text, end), line) if layout.headers else _block(text, end, line)


def _with_header(layout: Layout, key: Key, value: Any) -> str:
    """A table of its own: before the tables in it, else behind its nearest relatives."""
    text, table = layout.text, key[:-1]
    block = f"[{_dotted(table)}]\n{_key(key[-1])} = {rendered(value)}"
    beneath = [item for item in layout.headers if item.path[: len(table)] == table]
    if beneath:
        return _block(text, _before(text, beneath[0].start), block)
    for length in range(len(table) - 1, 0, -1):
        relatives = [item for item in layout.headers if item.path[:length] == table[:length]]
        if relatives:
            # The parent's own section, before its lists of tables; else the last of the siblings.
            own = [item for item in relatives if item.path == table[:length]]
            chosen = own[0] if own else relatives[-1]
            return _block(text, _section_end(layout, chosen), block)
    return _block(text, len(text), block)


def _section_end(layout: Layout, header: Header) -> int:
    """Behind a section's last entry and the comments that follow it without a blank line."""
    text = layout.text
    limit = min(
        (item.start for item in layout.headers if item.start > header.start), default=len(text)
    )
    last = max((entry.end for entry in layout.entries if header.end <= entry.start < limit),
               default=header.end)  # fmt: skip
    behind = place = _line_end(text, last)
    while place < limit and text[place : _line_end(text, place)].lstrip().startswith("#"):
        place = _line_end(text, place)
    is_of_the_next = place >= limit or text[place : _line_end(text, place)].lstrip()[:1] == "["
    return behind if is_of_the_next and place < len(text) else place


def _before(text: str, start: int) -> int:
    """The beginning of the line at ``start``, or of the comments directly above it.

    Comments that the text begins with are about the whole of it.
    """
    own = place = text.rfind("\n", 0, start) + 1
    while place:
        above = text.rfind("\n", 0, place - 1) + 1
        if not text[above:place].lstrip().startswith("#"):
            return place
        place = above
    return own


def _line_after(text: str, start: int, end: int, line: str) -> str:
    """``line`` below that of ``start`` to ``end``, as far from the margin."""
    begin = text.rfind("\n", 0, start) + 1
    return _lines(text, _line_end(text, end), text[begin:start] + line)


def _block(text: str, place: int, block: str) -> str:
    """``block`` at the beginning of a line, with blank lines between it and its neighbours."""
    above = text[:place].rstrip(" \t").removesuffix("\n").removesuffix("\r")
    is_apart = not above.strip() or above.endswith("\n")
    below = text[place : _line_end(text, place)].strip()
    return _lines(text, place, ("" if is_apart else "\n") + block + ("\n" if below else ""))


def _lines(text: str, place: int, addition: str) -> str:
    """``addition`` as whole lines, ended as the text's own lines are."""
    newline = "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"
    addition = addition.replace("\n", newline)
    before, after = text[:place], text[place:]
    if before and not before.endswith("\n"):
        return before + newline + addition  # the last line had no end, and has none now
    return before + addition + newline + after


def _line_end(text: str, place: int) -> int:
    """Behind the newline that ends the line at ``place``."""
    return text.find("\n", place) + 1 or len(text)


def _dotted(keys: Key) -> str:
    return ".".join(_key(key) for key in keys)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else rendered(key)
