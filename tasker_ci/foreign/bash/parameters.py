"""``$NAME`` and ``${NAME…}``."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, Protocol

from tasker_ci.foreign.bash.syntax import text_of
from tasker_ci.foreign.bash.unknown import UNKNOWN, is_known

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    from tasker_ci.foreign.bash.state import State, Value

_NAMES = {"variable_name", "special_variable_name", "subscript"}


class Text(Protocol):
    """Expands one word."""

    def text(self, node: Node | None) -> str: ...


def value_of_expansion(node: Node, state: State, words: Text) -> Value:
    """What an expansion becomes; an array where it is one of several words."""
    children = node.children
    at = next((index for index, child in enumerate(children) if child.type in _NAMES), None)
    if at is None:
        return UNKNOWN
    before = [text_of(child) for child in children[1:at]]
    after = [child for child in children[at + 1 :] if child.type != "}"]
    value = _parameter(children[at], state, words)
    if "!" in before:
        return _indirect(value, state) if not after else UNKNOWN
    if "#" in before:
        return UNKNOWN if value is None or not _all_known(value) else str(len(value))
    if not after:
        return "" if value is None else value
    return _changed(value, text_of(after[0]), after[1:], state, words, children[at])


def _indirect(value: Value | None, state: State) -> Value:
    if not isinstance(value, str) or not is_known(value):
        return UNKNOWN
    return state.get(value) or ""


def _parameter(node: Node, state: State, words: Text) -> Value | None:  # noqa: PLR0911 - a table
    if node.type == "subscript":
        name = text_of(node.child_by_field_name("name"))
        index_node = node.child_by_field_name("index")
        index = words.text(index_node) if index_node else UNKNOWN
        value = state.get(name)
        if value is None:
            return () if index in {"@", "*"} else None
        if isinstance(value, str):
            return (value,) if index in {"@", "*"} else value if index == "0" else UNKNOWN
        if index == "@":
            return value
        if index == "*":
            return " ".join(value)
        if re.fullmatch(r"-?\d+", index):
            number = int(index)
            return value[number] if -len(value) <= number < len(value) else None
        return UNKNOWN
    return of_name(text_of(node), state)


def of_name(name: str, state: State) -> Value | None:  # noqa: PLR0911 - a table
    """The value of a variable or of one of the shell's own."""
    if name == "@":
        return state.arguments
    if name == "*":
        return " ".join(state.arguments)
    if name == "#":
        return UNKNOWN if UNKNOWN in state.arguments else str(len(state.arguments))
    if name == "0":
        return state.name
    if name.isdigit():
        number = int(name)
        return state.arguments[number - 1] if number <= len(state.arguments) else None
    if name in {"?", "$", "!", "-", "_"}:
        return UNKNOWN
    value = state.get(name)
    if isinstance(value, tuple):  # `$array` is its first element
        return value[0] if value else None
    return value


def _changed(  # noqa: PLR0911 - a table
    value: Value | None, operator: str, rest: list[Node], state: State, words: Text, name: Node
) -> Value:
    empty = value is None or value in {"", ()}
    if operator in {":-", "-", ":=", "=", ":?", "?"}:
        if value is None or (empty and operator.startswith(":")):
            if operator.endswith("?"):
                return UNKNOWN
            given = "".join(words.text(child) for child in rest)
            if operator.endswith("=") and name.type == "variable_name":
                state.set(text_of(name), given)
            return given
        return value
    if operator in {":+", "+"}:
        if value is None or (empty and operator.startswith(":")):
            return ""
        given = "".join(words.text(child) for child in rest)
        if value == UNKNOWN:  # it may be empty
            return UNKNOWN
        if len(rest) == 1 and isinstance(value, tuple):
            return value if text_of(rest[0]).strip('"').startswith("${") else given
        return given
    if value is None:
        return ""
    if not _all_known(value):
        return UNKNOWN
    change = _change(operator, rest, words)
    if change is None:
        return UNKNOWN
    return change(value) if isinstance(value, str) else tuple(change(each) for each in value)


def _change(operator: str, rest: list[Node], words: Text) -> Callable[[str], str] | None:  # noqa: PLR0911 - a table
    texts = [words.text(child) for child in rest]
    if not all(is_known(text) for text in texts):
        return None
    match operator:
        case "#" | "##":
            return lambda value: _without_begin(value, "".join(texts), longest=operator == "##")
        case "%" | "%%":
            return lambda value: _without_end(value, "".join(texts), longest=operator == "%%")
        case "/" | "//":
            pattern = _regex(texts[0] if texts else "")
            by = "".join(texts[2:])
            return lambda value: re.sub(
                pattern, lambda _: by, value, count=0 if operator == "//" else 1
            )
        case "^^":
            return str.upper
        case ",,":
            return str.lower
        case "^":
            return lambda value: value[:1].upper() + value[1:]
        case ",":
            return lambda value: value[:1].lower() + value[1:]
        case ":":
            numbers = "".join(text_of(child) for child in rest).replace(" ", "").split(":")
            if not all(re.fullmatch(r"-?\d+", each) for each in numbers) or len(numbers) > 2:  # noqa: PLR2004
                return None
            begin, *length = (int(each) for each in numbers)
            if length and length[0] < 0:
                return lambda value: value[begin : length[0]]
            return lambda value: value[begin:][: length[0]] if length else value[begin:]
    return None


def _without_begin(value: str, pattern: str, *, longest: bool) -> str:
    lengths = range(len(value), -1, -1) if longest else range(len(value) + 1)
    for length in lengths:
        if fnmatch.fnmatchcase(value[:length], pattern):
            return value[length:]
    return value


def _without_end(value: str, pattern: str, *, longest: bool) -> str:
    lengths = range(len(value), -1, -1) if longest else range(len(value) + 1)
    for length in lengths:
        if fnmatch.fnmatchcase(value[len(value) - length :], pattern):
            return value[: len(value) - length]
    return value


def _regex(pattern: str) -> str:
    return fnmatch.translate(pattern)[len("(?s:") : -len(r")\Z")]


def _all_known(value: Value) -> bool:
    return is_known(value) if isinstance(value, str) else all(is_known(each) for each in value)
