"""Assignments and declarations of a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.fate import Fate, Status
from tasker_ci.foreign.bash.functions import localize
from tasker_ci.foreign.bash.syntax import elements_of, text_of
from tasker_ci.foreign.bash.unknown import UNKNOWN
from tasker_ci.foreign.command import ExitCode

if TYPE_CHECKING:
    from tree_sitter import Node

    from tasker_ci.foreign.bash.reader import Reader


def assign(reader: Reader, nodes: list[Node], fate: Fate) -> Status:
    """Give variables their values."""
    for node in nodes:
        if node.type == "variable_assignments":
            assign(reader, node.named_children, fate)
            continue
        before, reader.inner = reader.inner, fate.alone()
        name, value = assignment(reader, node)
        reader.inner = before
        if name:
            reader.state.set(name, value)
    return Status.EXPECTED if any("$(" in text_of(each) for each in nodes) else Status.TRUE


def assignment(reader: Reader, node: Node) -> tuple[str, str | tuple[str, ...]]:
    """The name and the value of one assignment; no name where it changes an element."""
    name_node = node.child_by_field_name("name")
    value_node = node.child_by_field_name("value")
    if name_node is None or name_node.type == "subscript":
        name = text_of(name_node.child_by_field_name("name")) if name_node else ""
        if value_node is not None:
            reader.words.text(value_node)
        return name, UNKNOWN
    name = text_of(name_node)
    if value_node is not None and value_node.type == "array":
        value: str | tuple[str, ...] = tuple(reader.words.fields(elements_of(value_node)))
    else:
        value = reader.words.text(value_node)
    if any(child.type == "+=" for child in node.children):
        old = reader.state.get(name)
        if isinstance(value, tuple):
            value = (*((old,) if isinstance(old, str) and old else old or ()), *value)
        else:
            value = f"{old}{value}" if isinstance(old, str) else value if not old else UNKNOWN
    return name, value


def declare(reader: Reader, node: Node, fate: Fate) -> Status:
    """`export`, `local`, `declare`, `readonly`, `unset`."""
    kind = text_of(node.children[0])
    flags = ""
    before, reader.inner = reader.inner, Fate(code=ExitCode.IGNORED)  # `local x=$(…)` loses it
    for child in node.children[1:]:
        if child.type == "variable_assignment":
            name, value = assignment(reader, child)
            export = kind == "export" or "x" in flags
            if name:
                if kind in {"local", "declare", "typeset"}:
                    localize(reader, name)
                reader.state.set(name, value, export=export)
        elif child.type in {"variable_name", "word", "simple_expansion", "expansion", "string"}:
            for name in reader.words.fields([child]):
                if name.startswith("-"):
                    flags += name[1:]
                elif kind in {"unset", "unsetenv"} or "n" in flags:
                    reader.state.unset(name)
                elif kind == "export" or "x" in flags:
                    reader.state.export(name)
                elif kind == "local":
                    localize(reader, name)
                    reader.state.set(name, "")
    reader.inner = before
    del fate
    return Status.TRUE
