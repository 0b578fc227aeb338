"""Walks a script as a shell would, and writes down what it runs."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash import compound, functions
from tasker_ci.foreign.bash.builtins import BUILTINS
from tasker_ci.foreign.bash.fate import Fate, Status, status_of
from tasker_ci.foreign.bash.installs import installed_by
from tasker_ci.foreign.bash.outputs import write_to_file
from tasker_ci.foreign.bash.reader import DEEPEST, MOST_COMMANDS, Limits
from tasker_ci.foreign.bash.redirections import Redirections, redirections
from tasker_ci.foreign.bash.substitutions import output_of
from tasker_ci.foreign.bash.syntax import (
    LONGEST,
    elements_of,
    may_run_tests,
    one_line,
    text_of,
    tree_of,
)
from tasker_ci.foreign.bash.tests_of_shell import holds
from tasker_ci.foreign.bash.unknown import UNKNOWN, is_known, without_expressions
from tasker_ci.foreign.bash.words import Words
from tasker_ci.foreign.command import Command, ExitCode
from tasker_ci.foreign.places import Opaque, Place

if TYPE_CHECKING:
    from tree_sitter import Node

    from tasker_ci.foreign.bash.script import Files, Script
    from tasker_ci.foreign.bash.state import State, Value


class Interpreter:
    """Reads one script in one state; functions and sourced files share both."""

    def __init__(self, script: Script, state: State, files: Files | None) -> None:
        self.script = script
        self.state = state
        self.files = files
        self.limits = Limits()
        self.inner = Fate(code=ExitCode.SUBSTITUTED)
        self.broken = False
        self.calls: list[tuple[object, ...]] = []
        self.locals: dict[str, Value | None] = {}
        self.commands: list[Command] = []
        self.opaque: list[Opaque] = []

    # Whole scripts

    def read(self, script: Script, fate: Fate) -> Status:
        """Walk a text in the present state."""
        if len(script.text) > LONGEST:
            self.opaque.append(Opaque(script.place, "the script is longer than a megabyte"))
            return Status.EITHER
        if self.limits.depth >= DEEPEST:
            self.stop(script.place)
            return Status.EITHER
        before, self.script = self.script, script
        self.limits.depth += 1
        try:
            return self.block(tree_of(without_expressions(script.text)).root_node.children, fate)
        finally:
            self.limits.depth -= 1
            self.script = before

    def stop(self, place: Place) -> None:
        """Say once that the reading ends here."""
        if not self.limits.told:
            self.limits.told = True
            why = "what the script runs is more than can be followed (a circle?)"
            self.opaque.append(Opaque(place, why))

    def place(self, node: Node) -> Place:
        """Where a node stands in its file."""
        return Place(self.script.place.file, self.script.place.line + node.start_point[0])

    def cannot_read(self, node: Node, why: str) -> None:
        """Name a part that cannot be read, if it may run tests."""
        self.opaque.append(Opaque(self.place(node), why))

    # Statements

    def block(self, nodes: list[Node], fate: Fate) -> Status:
        """Walk statements one after the other."""
        statements = [
            (node, nodes[index + 1] if index + 1 < len(nodes) else None)
            for index, node in enumerate(nodes)
            if node.is_named and node.type != "comment"
        ]
        status = Status.TRUE
        for index, (node, after) in enumerate(statements):
            if self.state.reached is False:
                break
            last = index + 1 == len(statements)
            following = statements[index + 1][0] if not last else None
            inner = self._fate_in_block(fate, last=last, following=following)
            if after is not None and after.type == "&":
                inner = inner.of(ExitCode.BACKGROUND)
            if self.state.reached is None:
                inner = inner.unsure()
            status = self.statement(node, inner)
        return status

    def _fate_in_block(self, fate: Fate, *, last: bool, following: Node | None) -> Fate:
        if last:
            if fate.code is ExitCode.COUNTS and not fate.last and not self.state.options.errexit:
                return fate.of(ExitCode.IGNORED)
            return fate
        fate = replace(fate, last=False) if fate.last else fate
        if fate.code is ExitCode.DECIDES:
            return replace(fate, code=ExitCode.IGNORED)
        ends = fate.code is ExitCode.COUNTS and self.state.options.errexit
        if not ends and fate.code in {ExitCode.COUNTS, ExitCode.IGNORED}:
            looks = following is not None and any(
                each in text_of(following) for each in ("$?", "PIPESTATUS")
            )
            return fate.asked() if looks else fate.of(ExitCode.IGNORED)
        return fate

    def statement(self, node: Node, fate: Fate) -> Status:  # noqa: C901, PLR0911, PLR0912 - a table
        """Walk one statement."""
        self.limits.statements -= 1
        if self.limits.statements < 0 or len(self.commands) > MOST_COMMANDS:
            self.stop(self.place(node))
            return Status.EITHER
        match node.type:
            case "command":
                return self.command(node, fate)
            case "redirected_statement":
                return self.redirected(node, fate)
            case "list":
                return compound.list_(self, node, fate)
            case "pipeline":
                return compound.pipeline(self, list(node.children), fate)
            case "negated_command":
                inner = node.named_children[-1]
                return self.statement(inner, fate.asked()).inverted
            case "if_statement":
                return compound.if_(self, node, fate)
            case "case_statement":
                return compound.case(self, node, fate)
            case "for_statement":
                return compound.for_(self, node, fate)
            case "while_statement" | "c_style_for_statement":
                return compound.while_(self, node, fate)
            case "compound_statement" if node.children[0].type == "((":
                if "cargo" in text_of(node):  # two subshells that were taken for arithmetic
                    return self.error(node, fate)
                return Status.EITHER
            case "compound_statement":
                return self.block(node.children, fate)
            case "subshell":
                return compound.subshell(self, node, fate)
            case "function_definition":
                functions.define(self, node)
                return Status.TRUE
            case "test_command":
                if node.has_error:
                    return Status.EITHER
                return holds(node, self.state, self.words, self.files)
            case "variable_assignment" | "variable_assignments":
                return self.assignments([node], fate)
            case "declaration_command" | "unset_command":
                return self.declaration(node, fate)
            case "ERROR":
                return self.error(node, fate)
            case _:
                if may_run_tests(text_of(node)):
                    self.cannot_read(node, f"`{one_line(text_of(node), 60)}` cannot be read")
                return Status.EITHER

    def error(self, node: Node, fate: Fate) -> Status:  # noqa: ARG002 - one of the statements
        """Name what no shell could read, if it may run tests."""
        if may_run_tests(text_of(node)):
            why = f"`{one_line(text_of(node), 60)}` cannot be read as a shell script"
            self.cannot_read(node, why)
        return Status.EITHER

    def redirected(self, node: Node, fate: Fate) -> Status:
        """Walk a statement with redirections."""
        found = redirections(node.children_by_field_name("redirect"), self.words)
        body = node.child_by_field_name("body")
        fate = _with(fate, found)
        for substitution in found.substitutions:
            self.substitution(substitution)
        if body is None:
            return Status.TRUE
        if found.piped:
            return compound.pipeline(self, [body, *found.piped], fate)
        if found.right is not None:
            return compound.joined(self, body, found.operator, found.right, fate)
        return self.statement(body, fate)

    # Commands

    @property
    def words(self) -> Words:
        """What expands words in the present state."""
        return Words(self.state, self.substitution)

    def substitution(self, node: Node) -> str:
        """Walk ``$( … )``, and say what it prints where that is known."""
        before = self.state
        self.state = before.copy()
        try:
            first = len(self.commands)
            statements = [child for child in node.named_children if child.type != "comment"]
            printed = output_of(statements, self)
            del self.commands[first:]
            if is_known(printed):  # nothing of interest runs there
                return printed
            self.state = before.copy()
            inner, self.inner = self.inner, Fate(code=ExitCode.SUBSTITUTED)
            self.block(node.children, inner)
            self.inner = inner
        finally:
            self.state = before
        return printed

    def assignments(self, nodes: list[Node], fate: Fate) -> Status:
        """Give variables their values."""
        for node in nodes:
            if node.type == "variable_assignments":
                self.assignments(node.named_children, fate)
                continue
            before, self.inner = self.inner, fate.alone()
            name, value = self.assignment(node)
            self.inner = before
            if name:
                self.state.set(name, value)
        return Status.EXPECTED if any("$(" in text_of(each) for each in nodes) else Status.TRUE

    def assignment(self, node: Node) -> tuple[str, str | tuple[str, ...]]:
        """The name and the value of one assignment; no name where it changes an element."""
        name_node = node.child_by_field_name("name")
        value_node = node.child_by_field_name("value")
        if name_node is None or name_node.type == "subscript":
            name = text_of(name_node.child_by_field_name("name")) if name_node else ""
            if value_node is not None:
                self.words.text(value_node)
            return name, UNKNOWN
        name = text_of(name_node)
        if value_node is not None and value_node.type == "array":
            value: str | tuple[str, ...] = tuple(self.words.fields(elements_of(value_node)))
        else:
            value = self.words.text(value_node)
        if any(child.type == "+=" for child in node.children):
            old = self.state.get(name)
            if isinstance(value, tuple):
                value = (*((old,) if isinstance(old, str) and old else old or ()), *value)
            else:
                value = f"{old}{value}" if isinstance(old, str) else value if not old else UNKNOWN
        return name, value

    def declaration(self, node: Node, fate: Fate) -> Status:
        """`export`, `local`, `declare`, `readonly`, `unset`."""
        kind = text_of(node.children[0])
        flags = ""
        before, self.inner = self.inner, Fate(code=ExitCode.IGNORED)  # `local x=$(…)` loses it
        for child in node.children[1:]:
            if child.type == "variable_assignment":
                name, value = self.assignment(child)
                export = kind == "export" or "x" in flags
                if name:
                    if kind in {"local", "declare", "typeset"}:
                        functions.localize(self, name)
                    self.state.set(name, value, export=export)
            elif child.type in {"variable_name", "word", "simple_expansion", "expansion", "string"}:
                for name in self.words.fields([child]):
                    if name.startswith("-"):
                        flags += name[1:]
                    elif kind in {"unset", "unsetenv"} or "n" in flags:
                        self.state.unset(name)
                    elif kind == "export" or "x" in flags:
                        self.state.export(name)
                    elif kind == "local":
                        functions.localize(self, name)
                        self.state.set(name, "")
        self.inner = before
        del fate
        return Status.TRUE

    def command(self, node: Node, fate: Fate) -> Status:
        """Walk one simple command."""
        if node.has_error and may_run_tests(text_of(node)):
            why = f"`{one_line(text_of(node), 60)}` cannot be read as a shell script"
            self.cannot_read(node, why)
            return Status.EITHER
        before: list[Node] = []
        parts: list[Node] = []
        redirects: list[Node] = []
        for child in node.children:
            if child.type == "variable_assignment":
                before.append(child)
            elif child.type.endswith("redirect"):
                redirects.append(child)
            elif child.type == "subshell":  # `name ()` of a function that is cut in two
                return self.error(node, fate)
            else:
                parts.append(child)
        found = redirections(redirects, self.words)
        fate = _with(fate, found)
        words = self.words.fields(parts)
        if not words:
            return self.assignments(before, fate) if before else Status.TRUE
        variables = dict(self.assignment(each) for each in before)
        text = one_line(text_of(node))
        return self.run(node, words, variables, text, fate)

    def run(
        self,
        node: Node,
        words: list[str],
        variables: dict[str, str | tuple[str, ...]],
        text: str,
        fate: Fate,
    ) -> Status:
        """Run words that are expanded."""
        name = words[0]
        function = self.state.functions.get(name)
        if function is not None and is_known(name):
            return functions.call(self, function, words, variables, fate)
        builtin = BUILTINS.get(name)
        if builtin is not None:
            status = builtin(self, node, words, variables, fate)
            if status is not None:
                return status
        write_to_file(self.state, words, fate)
        around = self.state.surroundings()
        if variables:
            around = around.with_variables(
                {
                    key: self.state.as_seen(value) if isinstance(value, str) else None
                    for key, value in variables.items()
                }
            )
        seen = self.seen(words)
        self.commands.append(
            Command(
                place=self.place(node),
                text=text,
                words=seen,
                parts=() if None not in seen else self.parts(words),
                around=around,
                exit_code=fate.code,
                certain=fate.certain and self.state.reached is True,
                piped_to=fate.piped_to,
                redirected_to=fate.redirected_to,
                input=fate.input,
            )
        )
        installed_by(self.state, self.commands[-1])
        return status_of(tuple(words))

    def seen(self, words: list[str]) -> tuple[str | None, ...]:
        """Words as others see them."""
        return tuple(self.state.as_seen(part) for word in words for part in _halves(word))

    def parts(self, words: list[str]) -> tuple[str, ...]:
        """The same with what is known of those that are not."""
        return tuple(
            part if seen is None else seen
            for word in words
            for part in _halves(word)
            for seen in (self.state.as_seen(part),)
        )


_FLAG_WITH_UNKNOWN = re.compile(rf"(--[\w-]+)=(.*{UNKNOWN}.*)|(-[A-Za-z])({UNKNOWN}.*)", re.DOTALL)


def _halves(word: str) -> tuple[str, ...]:
    """`--flag=?` as `--flag ?`, which means the same, so that the flag is known."""
    if UNKNOWN not in word or not (found := _FLAG_WITH_UNKNOWN.fullmatch(word)):
        return (word,)
    return (found[1], found[2]) if found[1] else (found[3], found[4])


def _with(fate: Fate, found: Redirections) -> Fate:
    if not (found.files or found.input is not None):
        return fate
    return replace(
        fate,
        redirected_to=(*found.files, *fate.redirected_to),
        input=found.input if found.input is not None else fate.input,
    )
