"""``[ … ]``, ``[[ … ]]`` and `test`, as far as their answer is known."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.fate import Status
from tasker_ci.foreign.bash.syntax import text_of
from tasker_ci.foreign.bash.unknown import UNKNOWN, is_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from tasker_ci.foreign.bash.script import Files
    from tasker_ci.foreign.bash.state import State
    from tasker_ci.foreign.bash.words import Words

_NUMBERS = {
    "-eq": int.__eq__,
    "-ne": int.__ne__,
    "-lt": int.__lt__,
    "-le": int.__le__,
    "-gt": int.__gt__,
    "-ge": int.__ge__,
}


def holds(node: Node, state: State, words: Words, files: Files | None) -> Status:
    """Whether a test holds."""
    inner = [child for child in node.named_children if child.type != "comment"]
    if len(inner) != 1:
        return Status.EITHER
    double = node.children[0].type == "[["
    return _status(_Test(state, words, files, double=double).value(inner[0]))


def words_hold(words: Sequence[str], state: State, files: Files | None) -> Status:
    """The same of the words of `test`."""
    given = list(words)
    invert = False
    while given[:1] == ["!"]:
        given, invert = given[1:], not invert
    match given:
        case []:
            found: bool | None = False
        case [text]:
            found = _is_there(text)
        case [operator, text] if operator.startswith("-"):
            found = _unary(operator, text, state, files)
        case [left, operator, right]:
            found = _binary(left, operator, right, pattern=False)
        case _:
            found = None
    status = _status(found)
    return status.inverted if invert else status


def _status(value: bool | None) -> Status:  # noqa: FBT001 - three values
    return Status.EITHER if value is None else Status.TRUE if value else Status.FALSE


class _Test:
    def __init__(self, state: State, words: Words, files: Files | None, *, double: bool) -> None:
        self._state, self._words, self._files, self._double = state, words, files, double

    def value(self, node: Node) -> bool | None:
        if node.type == "unary_expression":
            return self._unary(node)
        if node.type == "negation_expression":
            return _not(self.value(node.named_children[-1]))
        if node.type == "parenthesized_expression":
            return self.value(node.named_children[0])
        if node.type == "binary_expression":
            return self._binary(node)
        return _is_there(self._words.text(node))

    def _unary(self, node: Node) -> bool | None:
        operator_node = node.child_by_field_name("operator")
        operator = text_of(operator_node) if operator_node else text_of(node.children[0])
        operand = node.children[-1]
        if operator == "!":
            return _not(self.value(operand))
        return _unary(operator, self._words.text(operand), self._state, self._files)

    def _binary(self, node: Node) -> bool | None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = text_of(node.child_by_field_name("operator"))
        if left is None or right is None:
            return None
        if operator in {"&&", "-a"}:
            both = self.value(left), self.value(right)
            return False if False in both else None if None in both else True
        if operator in {"||", "-o"}:
            both = self.value(left), self.value(right)
            return True if True in both else None if None in both else False
        quoted = right.type in {"string", "raw_string"}
        return _binary(
            self._words.text(left),
            operator,
            self._words.text(right) if right.type != "regex" else text_of(right),
            pattern=self._double and not quoted,
        )


def _not(value: bool | None) -> bool | None:  # noqa: FBT001 - three values
    return None if value is None else not value


def _is_there(text: str) -> bool | None:
    if text.replace(UNKNOWN, ""):
        return True
    return None if text else False


def _unary(operator: str, text: str, state: State, files: Files | None) -> bool | None:
    if operator == "-n":
        return _is_there(text)
    if operator == "-z":
        return _not(_is_there(text))
    if operator == "-v" and is_known(text):
        value = state.get(text)
        return None if value == UNKNOWN else value is not None
    if operator in {"-f", "-e", "-s", "-r"} and files is not None:
        path = state.within(text)
        # A file that git does not know may have been made by an earlier step.
        return True if path is not None and files.has(path) else None
    return None


def _binary(left: str, operator: str, right: str, *, pattern: bool) -> bool | None:
    if operator in {"=", "==", "!="}:
        found = _equal(left, right, pattern=pattern)
        return _not(found) if operator == "!=" else found
    if not (is_known(left) and is_known(right)):
        return None
    if operator in _NUMBERS:
        if not (re.fullmatch(r"-?\d+", left) and re.fullmatch(r"-?\d+", right)):
            return None
        return bool(_NUMBERS[operator](int(left), int(right)))
    if operator == "=~" and re.fullmatch(r"\^?[\w/. -]*\$?", right):
        return re.search(right, left) is not None
    return None


def _equal(left: str, right: str, *, pattern: bool) -> bool | None:
    if is_known(left) and is_known(right):
        return fnmatch.fnmatchcase(left, right) if pattern else left == right
    if pattern and any(mark in right for mark in "*?["):
        return None
    # What is known at the begin of both may tell them apart.
    one, other = left.partition(UNKNOWN)[0], right.partition(UNKNOWN)[0]
    if not is_known(left) and not is_known(right):
        length = min(len(one), len(other))
        return None if one[:length] == other[:length] else False
    if is_known(left):
        return None if left.startswith(other) else False
    return None if right.startswith(one) else False
