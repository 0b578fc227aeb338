"""Functions of a shell: defined, called, and what is local to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.fate import Fate, Status
from tasker_ci.foreign.bash.reader import DEEPEST
from tasker_ci.foreign.bash.state import Function, Value
from tasker_ci.foreign.bash.syntax import text_of
from tasker_ci.foreign.command import ExitCode

if TYPE_CHECKING:
    from tree_sitter import Node

    from tasker_ci.foreign.bash.reader import Reader

_NOT_LOOKED_AT = {ExitCode.DECIDES, ExitCode.IGNORED, ExitCode.SUBSTITUTED}


def define(reader: Reader, node: Node) -> None:
    """``name() { … }``."""
    name = text_of(node.child_by_field_name("name"))
    body = node.child_by_field_name("body")
    if body is not None:
        reader.state.functions[name] = Function(body=body, script=reader.script)


def call(
    reader: Reader,
    function: Function,
    words: list[str],
    variables: dict[str, Value],
    fate: Fate,
) -> Status:
    """Walk the body of a function with its arguments."""
    key = (id(function.body), *words)
    if key in reader.calls:  # a circle that learns nothing new
        return Status.EITHER
    if reader.limits.depth >= DEEPEST:
        reader.stop(reader.place(function.body))
        return Status.EITHER
    state = reader.state
    script, arguments, returned, left = reader.script, state.arguments, state.returned, state.left
    saved = dict(state.variables), set(state.exported)
    for name, value in variables.items():
        state.set(name, value, export=True)
    errexit = state.options.errexit
    if fate.code in _NOT_LOOKED_AT:  # a shell ignores `-e` there
        state.options.errexit = False
    reader.limits.depth += 1
    reader.calls.append(key)
    reader.script, state.arguments, state.returned = function.script, tuple(words[1:]), False
    locals_before, reader.locals = reader.locals, {}
    status = reader.statement(function.body, fate)
    state = reader.state
    _end_locals(reader)
    for name in variables:
        if name in saved[0]:
            state.set(name, saved[0][name])
        else:
            state.unset(name)
        if name not in saved[1]:
            state.exported.discard(name)
    reader.locals = locals_before
    reader.limits.depth -= 1
    reader.calls.pop()
    reader.script, state.arguments = script, arguments
    state.returned, state.left = returned, left
    if state.failed == "return":
        state.failed, status = "", Status.FALSE
    if fate.code in _NOT_LOOKED_AT:
        state.options.errexit = errexit
    return status


def _end_locals(reader: Reader) -> None:
    """Give what was local its value of before."""
    for name, old in reader.locals.items():
        if old is None:
            reader.state.variables.pop(name, None)
        else:
            reader.state.variables[name] = old


def localize(reader: Reader, name: str) -> None:
    """Give a variable back its value at the end of the function."""
    reader.locals.setdefault(name, reader.state.variables.get(name))
