"""A Rust file as a stream of tokens: tree-sitter reads it, what cannot matter is passed over.

Modules and tests also stand inside macro calls (`cfg_if!`, `proptest!`), which have no syntax tree
of their own; a stream of tokens reads the same there as elsewhere.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from tasker_ci.rust.conditions import Quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tree_sitter import Language, Node, Parser, Query

_INTERESTING = {
    b"mod": re.compile(rb"mod(?<!\wmod)\b"),
    b"automod": re.compile(rb"automod(?<!\wautomod)\b"),
    b"#": re.compile(rb"#!?\s*\["),
    b"```": re.compile(rb"```"),
    b"~~~": re.compile(rb"~~~"),
    b"include": re.compile(rb"include(?<!\winclude)(?:_str|_bytes)?\b"),
    b"compile_error": re.compile(rb"compile_error(?<!\wcompile_error)\b"),
    b"cfg_select": re.compile(rb"cfg_select(?<!\wcfg_select)\b"),
}
"""Patterns by how each begins, which `bytes.find` finds ten times as fast as `re`."""

_MADE_MODULE = re.compile(rb"mod(?<!\wmod)\s+\$\w")
_DEFINITION = re.compile(rb"\bmacro_rules!\s*([A-Za-z_]\w*)")
_EXCLUSION = re.compile(rb"feature(?<!\wfeature)\s*=\s*\$\w[^;]*\bcompile_error\b", re.DOTALL)
EXCLUSIONS = frozenset({"assert_unique_features", "exactly_one_of", "none_or_one_of"})
"""Macros of the crates mutually-exclusive-features and assert-unique-features."""

_TEXTS = {"string_literal", "raw_string_literal"}
_WHOLE = {*_TEXTS, "char_literal", "line_comment", "block_comment"}
_ATTRIBUTES = {"attribute_item": "attribute", "inner_attribute_item": "inner attribute"}
_ESCAPE = re.compile(r"\\(?:\n\s*|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


@dataclass(frozen=True)
class Token:
    """One token, or a stretch of source that is passed over (``kind`` says what it is)."""

    kind: str
    """``attribute``, ``inner attribute``, ``documentation``, ``token``, or the syntax of what is
    passed over."""
    node: Node

    @property
    def line(self) -> int:
        """Where it begins, counted from 1."""
        return self.node.start_point[0] + 1

    @property
    def in_macro(self) -> bool:
        """Whether it stands among what a macro is given, or gives."""
        return self._is_within("token_tree")

    @property
    def in_macro_definition(self) -> bool:
        """Whether it stands in `macro_rules!`, so that it holds where the macro is called."""
        return self._is_within("macro_definition")

    def _is_within(self, kind: str) -> bool:
        around = self.node.parent
        while around is not None and around.type != kind:
            around = around.parent
        return around is not None

    @property
    def text(self) -> str:
        """Its source."""
        return (self.node.text or b"").decode(errors="replace")

    @property
    def words(self) -> list[str]:
        """Its tokens; string literals as `Quoted`, comments left out."""
        return leaves(self.node)

    @property
    def name(self) -> str:
        """That of an item; "" if it has none."""
        name = self.node.child_by_field_name("name")
        return (name.text or b"").decode() if name else ""


def parse(source: bytes) -> Node:
    """The syntax tree of a Rust file; what cannot be read is an error within it."""
    return _parser().parse(source).root_node


@lru_cache(maxsize=1)
def _language() -> Language:
    import tree_sitter_rust
    from tree_sitter import Language

    return Language(tree_sitter_rust.language())


@lru_cache(maxsize=1)
def _parser() -> Parser:
    from tree_sitter import Parser

    return Parser(_language())


@lru_cache(maxsize=1)
def _literal_query() -> Query:
    from tree_sitter import Query

    return Query(_language(), "[(string_literal) (raw_string_literal)] @literal")


def literals(root: Node) -> list[tuple[int, int]]:
    """Where every string literal begins and ends, in the order of the file, also within macros."""
    from tree_sitter import QueryCursor

    found = QueryCursor(_literal_query()).captures(root).get("literal", [])
    return sorted((node.start_byte, node.end_byte) for node in found)


@dataclass(frozen=True)
class Macros:
    """The macros of a file of which a call matters."""

    makers: frozenset[str]
    """Those that may declare modules of the names that they are given."""
    excluding: frozenset[str]
    """Those that refuse two of the features that they are given, together."""

    @property
    def all(self) -> frozenset[str]:
        """Both."""
        return self.makers | self.excluding


def macros_of(source: bytes) -> Macros:
    """The macros of a file."""
    return Macros(_macros(source, _MADE_MODULE), EXCLUSIONS | _macros(source, _EXCLUSION))


def _macros(source: bytes, body: re.Pattern[bytes]) -> frozenset[str]:
    """The macros of a file in whose definitions a pattern is."""
    if not body.search(source):
        return frozenset()
    _, *parts = _DEFINITION.split(source)
    return frozenset(
        name.decode()
        for name, text in zip(parts[::2], parts[1::2], strict=True)
        if body.search(text)
    )


def interesting_places(source: bytes, calls: Iterable[str] = ()) -> list[int]:
    """Where in a file something may matter, in order; a stretch without any is passed over."""
    places: list[int] = []
    for text, pattern in _INTERESTING.items():
        place = source.find(text)
        while place >= 0:
            if pattern.match(source, place):
                places.append(place)
            place = source.find(text, place + len(text))
    for name in map(str.encode, calls):
        if name in source:
            places += [found.start() for found in re.finditer(rb"\b" + name + rb"\s*!", source)]
    places.sort()
    return places


def tokens_of(root: Node, source: bytes, calls: Iterable[str] = ()) -> Iterator[Token]:
    """What matters of a file, in its order; calls of the macros named ``calls`` matter too."""
    places = interesting_places(source, calls)

    def matters(node: Node) -> bool:
        index = bisect_left(places, node.start_byte)
        return index < len(places) and places[index] < node.end_byte

    waiting: list[tuple[Node, str]] = [(root, "")]
    while waiting:
        node, kind = waiting.pop()
        kind = kind or _ATTRIBUTES.get(node.type, "")
        if kind:
            yield Token(kind, node)
        elif node.type in {"line_comment", "block_comment"}:
            if node.child_by_field_name("doc") is not None:
                yield Token("documentation", node)
        elif node.child_count == 0 or node.type in _WHOLE:
            yield Token("token", node)
        elif not matters(node):
            yield Token(node.type, node)
        else:
            waiting += reversed([*_children(node)])


def _children(node: Node) -> Iterator[tuple[Node, str]]:
    """The parts of a node; within a macro the brackets of an attribute are marked as one."""
    mark = ""
    for child in node.children:
        if node.type != "token_tree":
            yield child, ""
        elif child.type == "#":
            mark = "attribute"
        elif child.type == "!" and mark:
            mark = "inner attribute"
        elif child.type == "token_tree" and mark and (child.text or b"").startswith(b"["):
            yield child, mark
            mark = ""
        else:
            mark = ""
            yield child, ""


def leaves(node: Node) -> list[str]:
    """The tokens of a stretch of source; string literals as `Quoted`, comments left out."""
    result: list[str] = []
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each.type in _TEXTS:
            result.append(Quoted(text_of(each.text or b"")))
        elif each.type in {"line_comment", "block_comment"}:
            continue
        elif each.child_count == 0 or each.type in _WHOLE:
            result.append((each.text or b"").decode(errors="replace"))
        else:
            waiting += reversed(each.children)
    return result


def text_of(literal: bytes) -> str:
    """The value of a string literal, which comes with its quotes and marks."""
    text = literal.decode(errors="replace")
    begin, end = text.find('"'), text.rfind('"')
    inner = text[begin + 1 : end]
    if "\\" not in inner or "r" in text[:begin]:
        return inner
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1] or "", found[1] or ""), inner)
