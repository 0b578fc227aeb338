"""Walks a script as a shell would, and writes down what it runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash import assigning, compound, functions, lists
from tasker_ci.foreign.bash.builtins import BUILTINS
from tasker_ci.foreign.bash.fate import Fate, Status, status_of
from tasker_ci.foreign.bash.installs import installed_by
from tasker_ci.foreign.bash.outputs import write_to_file
from tasker_ci.foreign.bash.reader import DEEPEST, MOST_COMMANDS, Limits
from tasker_ci.foreign.bash.redirections import redirections
from tasker_ci.foreign.bash.substitutions import output_of
from tasker_ci.foreign.bash.syntax import (
    LONGEST,
    may_run_tests,
    one_line,
    text_of,
    tree_of,
)
from tasker_ci.foreign.bash.tests_of_shell import holds
from tasker_ci.foreign.bash.unknown import halves, is_known, without_expressions
from tasker_ci.foreign.bash.words import Words
from tasker_ci.foreign.command import Command, ExitCode
from tasker_ci.foreign.places import Opaque, Place

if TYPE_CHECKING:
    from tree_sitter import Node

    from tasker_ci.foreign.bash.script import Files, Script
    from tasker_ci.foreign.bash.state import State, Value

_ASKS = re.compile(r"\$\?|PIPESTATUS")


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
            looks = following is not None and _ASKS.search(text_of(following)) is not None
            errexit = self.state.options.errexit
            inner = fate.within_block(last=last, errexit=errexit, looked_at=looks)
            if after is not None and after.type == "&":
                inner = inner.of(ExitCode.BACKGROUND)
            if self.state.reached is None:
                inner = inner.unsure()
            status = self.statement(node, inner)
        return status

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
                return lists.list_(self, node, fate)
            case "pipeline":
                return lists.pipeline(self, list(node.children), fate)
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
                return lists.subshell(self, node, fate)
            case "function_definition":
                functions.define(self, node)
                return Status.TRUE
            case "test_command":
                if node.has_error:
                    return Status.EITHER
                return holds(node, self.state, self.words, self.files)
            case "variable_assignment" | "variable_assignments":
                return assigning.assign(self, [node], fate)
            case "declaration_command" | "unset_command":
                return assigning.declare(self, node, fate)
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
        fate = found.applied_to(fate)
        for substitution in found.substitutions:
            self.substitution(substitution)
        if body is None:
            return Status.TRUE
        if found.piped:
            return lists.pipeline(self, [body, *found.piped], fate)
        if found.right is not None:
            return lists.joined(self, body, found.operator, found.right, fate)
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
        fate = found.applied_to(fate)
        words = self.words.fields(parts)
        if not words:
            return assigning.assign(self, before, fate) if before else Status.TRUE
        variables = dict(assigning.assignment(self, each) for each in before)
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
        return tuple(self.state.as_seen(part) for word in words for part in halves(word))

    def parts(self, words: list[str]) -> tuple[str, ...]:
        """The same with what is known of those that are not."""
        return tuple(
            part if seen is None else seen
            for word in words
            for part in halves(word)
            for seen in (self.state.as_seen(part),)
        )
