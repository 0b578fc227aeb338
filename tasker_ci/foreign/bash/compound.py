"""Lists, pipes, branches and loops of a shell."""

from __future__ import annotations

import fnmatch
from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.fate import Fate, Status
from tasker_ci.foreign.bash.state import State, Value, merge
from tasker_ci.foreign.bash.syntax import may_run_tests, text_of
from tasker_ci.foreign.bash.unknown import UNKNOWN, is_known
from tasker_ci.foreign.command import ExitCode

if TYPE_CHECKING:
    from tree_sitter import Node

    from tasker_ci.foreign.bash.reader import Reader

MOST_TURNS = 256
FEW_TURNS = 8
"""More turns of a loop that calls no runner of tests are read as one."""
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
