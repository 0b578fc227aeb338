"""Set values in a TOML text that belongs to somebody else: every other character stays."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import TomlError
from tasker_ci.text.toml_documents import BYTE_ORDER_MARK, read_toml
from tasker_ci.text.toml_lines import line_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.text.toml_lines import Key

_LINE = re.compile(r"at line (\d+)")


def with_values(text: str, values: Mapping[Key, Any], *, name: str) -> str:
    """Return ``text`` with each of ``values`` at its place, and nothing else changed.

    A value that is there already keeps its spelling; a new key follows the last one of its table,
    a new table the last of its neighbours; newlines, byte order mark and a missing newline at the
    end stay. ``name`` is the file's, for messages. Raises `TomlError` for a text that is no TOML,
    for a value in the way of a table, and for a document that tomlkit cannot edit without harm.
    """
    wanted = parsed(text, name=name)
    if all(same(found(wanted, key), value) for key, value in values.items()):
        return text
    from tasker_ci.text.toml_editing import SpoiltError, assignment, newline_of

    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    text = text.removeprefix(mark)
    end = newline_of(text) if text and not text.endswith("\n") else ""
    result = text + end
    for number, (key, value) in enumerate(values.items()):
        _assign(wanted, key, value, text=text, name=name)
        first = line_of(result, key) or 1
        try:
            result = _set(result, key, value)
            line = None if same(read_toml(result), wanted) else first
        except SpoiltError as error:
            line = error.line or first
        if line is not None:
            missing = (f"`{assignment(*item)}`" for item in list(values.items())[number:])
            raise TomlError(
                f"{name}:{line}: `{'.'.join(key)}` cannot be set without harm to this line.",
                next_step=f"Set {', '.join(missing)} by hand. Or simplify this line: no dots in "
                "braces, no blanks in `[[…]]`, and all tables of a list together.",
            )
    return mark + result.removesuffix(end)


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


def _set(text: str, key: Key, value: Any) -> str:
    from tasker_ci.text.toml_editing import TomlEdit

    present = found(read_toml(text), key)
    if present is not None and same(present, value):
        return text
    edit = TomlEdit(text)
    if edit.replace(key, value):
        return edit.result()
    if isinstance(present, dict) and isinstance(value, dict):
        # A table that has a header, or keys with dots: key by key, so that its comments stay.
        for part, item in value.items():
            text = _set(text, (*key, part), item)
        for part in present.keys() - value.keys():
            text = _without(text, (*key, part))
        return text
    if present is not None:
        edit = TomlEdit(_without(text, key))
    edit.insert(key, value)
    return edit.result()


def _without(text: str, key: Key) -> str:
    from tasker_ci.text.toml_editing import TomlEdit

    while (edit := TomlEdit(text)).remove(key):
        text = edit.result()
    return text
