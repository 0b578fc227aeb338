"""Words of a shell, with all that it replaces in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from tasker_ci.foreign.bash.braces import Piece, braces_expanded
from tasker_ci.foreign.bash.parameters import value_of_expansion
from tasker_ci.foreign.bash.syntax import elements_of, text_of
from tasker_ci.foreign.bash.unknown import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from tasker_ci.foreign.bash.state import State

MOST_WORDS = 2000
_ESCAPE = re.compile(r"\\(?:\n|(.))", re.DOTALL)
_IN_QUOTES = re.compile(r'\\(?:\n|([$`"\\]))')
_ANSI = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_ANSI_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "0": "\0"}


class Substitution(Protocol):
    """Reads what stands in ``$( … )``."""

    def __call__(self, node: Node) -> str:
        """Its output, as far as it is known."""


class Words:
    """Expands words in one state of the shell."""

    def __init__(self, state: State, substitution: Substitution) -> None:
        self._state = state
        self._substitution = substitution

    def fields(self, nodes: list[Node]) -> list[str]:
        """The words that these become: none, one or more of each."""
        found: list[str] = []
        for node in nodes:
            for pieces in braces_expanded(list(self._pieces(node))):
                found.extend(self._split(pieces))
            if len(found) > MOST_WORDS:
                return [*found[:MOST_WORDS], UNKNOWN]
        return found

    def text(self, node: Node | None) -> str:
        """The text that a word becomes where a shell does not split it."""
        if node is None:
            return ""
        return "".join(
            " ".join(piece.many) if piece.many is not None else piece.text
            for piece in self._pieces(node)
        )

    def document(self, node: Node) -> str:
        """The text of a here-document."""
        return "".join(piece.text for piece in self._between(node, _IN_QUOTES, quoted=True))

    def _split(self, pieces: list[Piece]) -> Iterator[str]:
        current: str | None = None
        separators = self._state.variables.get("IFS", " \t\n")
        for piece in pieces:
            if piece.many is not None:
                for index, each in enumerate(piece.many):
                    if index:
                        yield current or ""
                        current = None
                    current = (current or "") + each
            elif piece.quoted:
                current = (current or "") + piece.text
            else:
                parts = _parts(piece.text, separators if isinstance(separators, str) else " \t\n")
                for index, part in enumerate(parts):
                    if index and current is not None:
                        yield current
                        current = None
                    if part:
                        current = (current or "") + part
        if current is not None:
            yield current

    def _pieces(self, node: Node) -> Iterator[Piece]:  # noqa: C901, PLR0912 - a table
        if node.type in _PLAIN:
            yield from _bare(text_of(node))
            return
        match node.type:
            case "raw_string":
                yield Piece(text_of(node)[1:-1])
            case "ansi_c_string":
                yield Piece(_ANSI.sub(_ansi, text_of(node)[2:-1]))
            case "string" | "translated_string":
                yield from self._string(node)
            case "concatenation":
                yield from self._concatenation(node)
            case "simple_expansion" | "expansion":
                yield self._expansion(node, quoted=False)
            case "command_substitution":
                yield Piece(self._substitution(node), quoted=False)
            case "process_substitution":
                self._substitution(node)
                yield Piece(UNKNOWN)
            case "arithmetic_expansion":
                yield Piece(UNKNOWN)
            case "brace_expression":
                yield from _bare(text_of(node))
            case "command_name":
                for child in node.children:
                    yield from self._pieces(child)
            case "array":
                yield Piece("", many=tuple(self.fields(elements_of(node))))
            case _ if node.named_child_count and node.type not in {"subscript", "regex"}:
                yield from self._between(node, _ESCAPE, quoted=False)
            case _:
                yield from _bare(text_of(node))

    def _concatenation(self, node: Node) -> Iterator[Piece]:
        # `$"…"` and a lone `$` before a string are parts of it.
        for child in node.children:
            yield from self._pieces(child)

    def _string(self, node: Node) -> Iterator[Piece]:
        pieces = list(self._between(node, _IN_QUOTES, quoted=True))
        yield from pieces or [Piece("")]

    def _between(self, node: Node, escape: re.Pattern[str], *, quoted: bool) -> Iterator[Piece]:
        """The expansions within a node, and the text between them."""
        source = node.text or b""
        begin = node.start_byte
        at = 0
        end = len(source)
        if node.type in {"string", "translated_string"}:
            at = source.index(b'"') + 1
            end = max(at, end - 1)
        for child in node.named_children:
            if child.type not in _EXPANSIONS:
                continue
            if text := source[at : child.start_byte - begin].decode("utf-8", "replace"):
                yield Piece(escape.sub(r"\1", text))
            if child.type in {"simple_expansion", "expansion"}:
                yield self._expansion(child, quoted=quoted)
            else:
                yield from (
                    Piece(piece.text, quoted=quoted, many=piece.many)
                    for piece in self._pieces(child)
                )
            at = child.end_byte - begin
        if text := source[at:end].decode("utf-8", "replace"):
            yield Piece(escape.sub(r"\1", text))

    def _expansion(self, node: Node, *, quoted: bool) -> Piece:
        value = value_of_expansion(node, self._state, self)
        if isinstance(value, str):
            return Piece(value, quoted=quoted)
        if quoted:
            return Piece("", many=value)
        return Piece(" ".join(value), quoted=False)


_PLAIN = {"word", "number", "variable_name"}
_EXPANSIONS = {
    "simple_expansion",
    "expansion",
    "command_substitution",
    "process_substitution",
    "arithmetic_expansion",
    "string",
    "raw_string",
    "ansi_c_string",
    "concatenation",
}


def _parts(text: str, separators: str) -> list[str]:
    """A text cut where the shell cuts; an empty one at an end stands for a separator there."""
    if not text:
        return []
    if not separators:
        return [text]
    return re.split(f"[{re.escape(separators)}]+", text)


def _bare(text: str) -> Iterator[Piece]:
    at = 0
    for found in _ESCAPE.finditer(text) if "\\" in text else ():
        if found.start() > at:
            yield Piece(text[at : found.start()], bare=True)
        if found[1]:
            yield Piece(found[1])
        at = found.end()
    if at < len(text):
        yield Piece(text[at:], bare=True)


def _ansi(found: re.Match[str]) -> str:
    if found[1]:
        return chr(int(found[1], 16))
    if found[2]:
        return chr(int(found[2], 8) % 256)
    return _ANSI_LETTERS.get(found[3], found[3] if found[3] in "\\'\"?" else f"\\{found[3]}")
