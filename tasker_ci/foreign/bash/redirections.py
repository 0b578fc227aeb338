"""Where the output of a command goes to, and what it reads."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.syntax import text_of
from tasker_ci.foreign.bash.unknown import known

if TYPE_CHECKING:
    from tree_sitter import Node

    from tasker_ci.foreign.bash.fate import Fate
    from tasker_ci.foreign.bash.words import Words

_OUTPUT = {">", ">>", "&>", "&>>", ">|"}


@dataclass(kw_only=True)
class Redirections:
    """Of one command."""

    files: tuple[str | None, ...] = ()
    input: str | None = None
    substitutions: list[Node] = field(default_factory=list)
    """``>(…)`` and ``<(…)`` of them."""
    piped: list[Node] = field(default_factory=list)
    """What stands behind a pipe on the line that begins a here-document."""
    operator: str = ""
    right: Node | None = None
    """What stands behind ``&&`` or ``||`` there."""

    def applied_to(self, fate: Fate) -> Fate:
        """The fate of the command with them."""
        if not (self.files or self.input is not None):
            return fate
        return replace(
            fate,
            redirected_to=(*self.files, *fate.redirected_to),
            input=self.input if self.input is not None else fate.input,
        )


def redirections(nodes: list[Node], words: Words) -> Redirections:
    """Read the redirections of a command."""
    found = Redirections()
    for node in nodes:
        if node.type == "file_redirect":
            _file(node, words, found)
        elif node.type == "herestring_redirect":
            for child in node.named_children:
                found.input = words.text(child)
        elif node.type == "heredoc_redirect":
            _document(node, words, found)
    return found


def _file(node: Node, words: Words, found: Redirections) -> None:
    operator = next((text_of(child) for child in node.children if not child.is_named), "")
    for destination in node.children_by_field_name("destination"):
        text = words.text(destination)
        if operator in _OUTPUT:
            found.files += (known(text),)


def _document(node: Node, words: Words, found: Redirections) -> None:
    start, literal = "", False
    for child in node.children:
        if child.type == "heredoc_start":
            start = text_of(child)
            literal = any(mark in start for mark in "'\"\\")
        elif child.type == "file_redirect":
            _file(child, words, found)
        elif child.type == "pipeline":
            found.piped.extend(child.children)
        elif child.type == "heredoc_body":
            text = text_of(child) if literal else words.document(child)
            if any(mark.type == "<<-" for mark in node.children):
                text = "\n".join(line.lstrip("\t") for line in text.split("\n"))
            found.input = text
    if (right := node.child_by_field_name("right")) is not None:
        found.right = right
        found.operator = text_of(node.child_by_field_name("operator"))
