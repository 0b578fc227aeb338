"""Branches and loops of a shell."""

from __future__ import annotations

import fnmatch
from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.fate import Fate, Status
from tasker_ci.foreign.bash.state import State, Value, merge
from tasker_ci.foreign.bash.syntax import may_run_tests, text_of
from tasker_ci.foreign.bash.unknown import UNKNOWN, is_known

if TYPE_CHECKING:
    from tree_sitter import Node

    from tasker_ci.foreign.bash.reader import Reader

MOST_TURNS = 256
FEW_TURNS = 8
"""More turns of a loop that calls no runner of tests are read as one."""


def if_(reader: Reader, node: Node, fate: Fate) -> Status:
    """``if``, with all that follows it."""
    clauses: list[tuple[list[Node], list[Node]]] = []
    conditions: list[Node] = []
    body: list[Node] = []
    target = "condition"
    rest: list[Node] = []
    for child in node.children:
        if child.type == "then":
            target = "body"
        elif child.type in {"elif_clause", "else_clause"}:
            rest.append(child)
        elif child.type not in {"if", "fi"}:
            (conditions if target == "condition" else body).append(child)
    clauses.append((conditions, body))
    for clause in rest:
        conditions, body, target = [], [], "condition"
        if clause.type == "else_clause":
            target = "body"
        for child in clause.children:
            if child.type == "then":
                target = "body"
            elif child.type not in {"elif", "else"}:
                (conditions if target == "condition" else body).append(child)
        clauses.append((conditions, body))
    return _branches(reader, clauses, fate)


def _branches(reader: Reader, clauses: list[tuple[list[Node], list[Node]]], fate: Fate) -> Status:
    if not clauses:
        return Status.TRUE
    (conditions, body), *others = clauses
    asked = replace(fate.alone().asked(), last=False)
    status = reader.block(conditions, asked) if conditions else Status.TRUE
    if reader.state.reached is False:
        return status
    if status is Status.TRUE:
        return reader.block(body, fate)
    if status is Status.FALSE:
        return _branches(reader, others, fate)
    before = reader.state
    reader.state = before.copy()
    reader.block(body, fate.unsure())
    one = reader.state
    reader.state = before.copy()
    _branches(reader, others, fate.unsure())
    other, reader.state = reader.state, before
    merge(before, one, other)
    return Status.EITHER


def case(reader: Reader, node: Node, fate: Fate) -> Status:
    """``case``: the branch of a subject that is known, else each."""
    subject = reader.words.text(node.child_by_field_name("value"))
    before = reader.state
    ends: list[State] = []
    decided = False
    for item in node.named_children:
        if item.type != "case_item":
            continue
        patterns = [reader.words.text(each) for each in item.children_by_field_name("value")]
        statements = item.children[_index_of(item, ")") + 1 :]
        matches = matches_any(subject, patterns)
        if matches is False:
            continue
        reader.state = before.copy()
        decided = matches is True
        inner = fate if decided and not ends else fate.unsure()
        reader.block([each for each in statements if each.type not in {";;", ";&", ";;&"}], inner)
        ends.append(reader.state)
        if decided:
            break
    if not decided:
        ends.append(before.copy())
    reader.state = before
    result = ends[0]
    for end in ends[1:]:
        merge(result, result.copy(), end)
    merge(before, result, result)
    return Status.EXPECTED


def _index_of(node: Node, kind: str) -> int:
    return next((index for index, child in enumerate(node.children) if child.type == kind), -1)


def matches_any(subject: str, patterns: list[str]) -> bool | None:
    """Whether a text matches one of these patterns."""
    if "*" in patterns:
        return True
    if not is_known(subject):
        return None
    if any(is_known(each) and fnmatch.fnmatchcase(subject, each) for each in patterns):
        return True
    return False if all(is_known(each) for each in patterns) else None


def for_(reader: Reader, node: Node, fate: Fate) -> Status:
    """``for x in …``: once for each word."""
    variable = text_of(node.child_by_field_name("variable"))
    body = node.child_by_field_name("body")
    values_nodes = node.children_by_field_name("value")
    has_in = any(child.type == "in" for child in node.children)
    values = reader.words.fields(values_nodes) if has_in else list(reader.state.arguments)
    if body is None:
        return Status.TRUE
    known = all(is_known(value) and not _is_glob(value) for value in values)
    if not known:
        values = [value if is_known(value) and not _is_glob(value) else UNKNOWN for value in values]
    if len(values) > MOST_TURNS or (len(values) > FEW_TURNS and not may_run_tests(text_of(body))):
        values = [UNKNOWN]
    if node.children[0].type == "select":
        values, known = [UNKNOWN], False
    before = reader.state
    certain = known and bool(values)
    for value in values:
        sure = certain and reader.state.reached is True
        reader.state = reader.state if sure else before.copy()
        reader.broken = False
        _turn(reader, body, fate if sure else fate.unsure(), {variable: value})
        if not sure:
            after, reader.state = reader.state, before
            merge(before, after, before.copy())
        if reader.state.reached is False or reader.broken:
            break
    reader.broken = False
    return Status.EXPECTED


def _is_glob(text: str) -> bool:
    return any(mark in text for mark in "*?[")


def while_(reader: Reader, node: Node, fate: Fate) -> Status:
    """``while``, ``until`` and the ``for`` of C: once, with what the turns change not known."""
    body = node.child_by_field_name("body")
    conditions = node.children_by_field_name("condition")
    asked = replace(fate.alone().asked(), last=False)
    status = Status.EITHER
    if node.type == "while_statement":
        status = reader.block(conditions, asked)
        if node.children[0].type == "until":
            status = status.inverted
    if status is Status.FALSE or body is None:
        return Status.TRUE
    changed: dict[str, Value] = dict.fromkeys(_assigned(node), UNKNOWN)
    before = reader.state
    reader.state = before.copy()
    inner = fate if status is Status.TRUE else fate.unsure()
    _turn(reader, body, replace(inner, input=None), changed)
    after, reader.state = reader.state, before
    merge(before, after, before.copy())
    return Status.EXPECTED


def _turn(reader: Reader, body: Node, fate: Fate, variables: dict[str, Value]) -> None:
    left, reader.state.left = reader.state.left, False
    for name, value in variables.items():
        reader.state.set(name, value)
    reader.block(
        [child for child in body.children if child.type not in {"do", "done", "{", "}"}], fate
    )
    reader.state.left = left


def _assigned(node: Node) -> set[str]:
    """The names that a node gives values to."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each.type == "variable_assignment":
            found.add(text_of(each.child_by_field_name("name")))
        elif each.type == "command" and text_of(each.child_by_field_name("name")) == "read":
            found.update(
                text_of(word)
                for word in each.children_by_field_name("argument")
                if not text_of(word).startswith("-")
            )
        waiting.extend(each.named_children)
    return found
