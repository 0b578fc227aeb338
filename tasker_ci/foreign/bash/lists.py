"""Commands of a shell that stand together: lists, pipes and subshells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.fate import Fate, Status
from tasker_ci.foreign.bash.state import State, merge
from tasker_ci.foreign.bash.syntax import text_of
from tasker_ci.foreign.command import ExitCode

if TYPE_CHECKING:
    from tree_sitter import Node

    from tasker_ci.foreign.bash.reader import Reader

_HARMLESS = {"true", ":", "echo", "printf", "warn", "warning", "log", "exit", "return", "continue"}
_FAILING = {"false", "exit", "return", "break", "die", "fail", "abort", "error", "err"}


def list_(reader: Reader, node: Node, fate: Fate) -> Status:
    """``a && b`` and ``a || b``."""
    left, right = node.named_children[0], node.named_children[-1]
    operator = next((child.type for child in node.children if child.type in {"&&", "||"}), "&&")
    return joined(reader, left, operator, right, fate)


def joined(reader: Reader, left: Node, operator: str, right: Node, fate: Fate) -> Status:
    """The same, taken apart."""
    return (_and if operator == "&&" else _or)(reader, left, right, fate)


def _and(reader: Reader, left: Node, right: Node, fate: Fate) -> Status:
    first = fate if fate.last or _takes(left) else fate.of(ExitCode.DECIDES)
    status = reader.statement(left, first.asked() if _remembers(right) else first)
    if status is Status.FALSE or reader.state.reached is False:
        return status
    if status in {Status.TRUE, Status.EXPECTED}:
        after = reader.statement(right, fate)
        return Status.EXPECTED if after is Status.TRUE and status is not after else after
    _may(reader, right, fate)
    return Status.EITHER


def _or(reader: Reader, left: Node, right: Node, fate: Fate) -> Status:
    code = _after_or(right, fate)
    lost = fate.code is ExitCode.IGNORED  # by what is around, which sees nothing of the left side
    status = reader.statement(left, replace(fate, code=code) if lost else fate.of(code))
    if status is Status.TRUE or reader.state.reached is False:
        return status
    if status is Status.FALSE:
        return reader.statement(right, fate)
    _may(reader, right, fate)
    return Status.EXPECTED if status is Status.EXPECTED or _fails(right) else Status.EITHER


def _remembers(node: Node) -> bool:
    """Whether what stands behind ``&&`` keeps in mind that it was reached: ``&& passed=1``."""
    last = _last_command(node)
    words = text_of(last).split()
    return last.type.startswith("variable_assignment") or words[:1] in (["exit"], ["return"])


def _takes(node: Node) -> bool:
    """Whether a command cannot fail in earnest."""
    return node.type in {"test_command", "variable_assignment"}


def _may(reader: Reader, node: Node, fate: Fate) -> None:
    """Walk what may run or not."""
    before = reader.state
    reader.state = before.copy()
    reader.statement(node, fate.unsure())
    after, reader.state = reader.state, before
    if _fails(node):
        return
    merge(before, after, before.copy())


def _after_or(right: Node, fate: Fate) -> ExitCode:
    """What becomes of the exit code before ``||``."""
    words = text_of(_last_command(right)).split()
    if _fails(right):
        if fate.code is not ExitCode.IGNORED:
            return fate.code
        return ExitCode.COUNTS if words[:1] == ["exit"] else ExitCode.DECIDES
    if words and words[0] in _HARMLESS:
        return ExitCode.IGNORED
    if right.type == "variable_assignment" or not words:
        return fate.code
    return ExitCode.DECIDES


def _last_command(node: Node) -> Node:
    while node.type in {"compound_statement", "subshell", "list", "redirected_statement"}:
        inner = [child for child in node.named_children if "redirect" not in child.type]
        inner = [child for child in inner if child.type != "comment"]
        if not inner:
            break
        node = inner[-1]
    return node


def _fails(node: Node) -> bool:
    """Whether what stands behind ``||`` ends in a failure."""
    last = _last_command(node)
    if last.type in {"variable_assignment", "variable_assignments"}:
        return True  # of a variable that is looked at later: `|| failed=1`
    words = text_of(last).split()
    if not words or words[0] not in _FAILING:
        return False
    return words[0] not in {"exit", "return"} or words[1:2] not in ([], ["0"])


def pipeline(reader: Reader, children: list[Node], fate: Fate) -> Status:
    """``a | b``."""
    parts = [child for child in children if child.is_named and child.type != "comment"]
    if len(parts) == 1:
        return reader.statement(parts[0], fate)
    pipefail = reader.state.options.pipefail
    status = Status.EXPECTED
    behind = [_words(reader, part) for part in parts]
    for index, part in enumerate(parts):
        last = index + 1 == len(parts)
        inner = fate if last or pipefail else fate.of(ExitCode.LOST_IN_PIPE)
        if not last:
            inner = replace(inner, piped_to=tuple(behind[index + 1 :]), redirected_to=())
        before = reader.state
        reader.state = before.copy()
        status = reader.statement(part, inner)
        end_subshell(reader, before)
    return status


def _words(reader: Reader, node: Node) -> tuple[str | None, ...]:
    if node.type == "redirected_statement" and (body := node.child_by_field_name("body")):
        node = body
    if node.type != "command":
        return (None,)
    parts = [
        child
        for child in node.children
        if child.type != "variable_assignment" and not child.type.endswith("redirect")
    ]
    first = len(reader.commands)
    words = reader.seen(reader.words.fields(parts))
    del reader.commands[first:]
    return words


def end_subshell(reader: Reader, before: State) -> None:
    """Go back to the shell around; what was installed stays."""
    inner = reader.state
    reader.state = before
    state = reader.state
    state.later.update(inner.later)
    state.outputs.update(inner.outputs)
    around = inner.around
    if around != state.around:
        state.change(
            default_toolchain=around.default_toolchain,
            override_toolchain=around.override_toolchain,
            installed=around.installed,
            installed_all_known=around.installed_all_known,
        )


def subshell(reader: Reader, node: Node, fate: Fate) -> Status:
    """``( … )``."""
    before = reader.state
    reader.state = before.copy()
    status = reader.block(node.children, fate)
    end_subshell(reader, before)
    return status
