"""The part of a Rust file that can matter, found by its tokens alone.

A syntax tree of every body takes most of the time, and nearly all bodies declare nothing: no
module, no attribute, no test. They are left out of what is parsed, with their newlines kept, and
so are comments. The string literals come from the same pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.rust.tokens import interesting_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ATOM = re.compile(
    rb"""
    \{()
    |\}()
    |"[^"\\]*(?:\\.[^"\\]*)*"()
    |r(?<![\w\x80-\xff]r)(\#*)".*?"\4()
    |b(?<![\w\x80-\xff]b)(?:"[^"\\]*(?:\\.[^"\\]*)*"|r(\#*)".*?"\6)()
    |c(?<![\w\x80-\xff]c)(?:"[^"\\]*(?:\\.[^"\\]*)*"|r(\#*)".*?"\8)()
    |//[^\n]*(?:\n\s*//[^\n]*)*()
    |/\*[^*/]*(?:(?:\*(?!/)|/(?!\*))[^*/]*)*\*/()
    |'(?:[^'\\\x80-\xff]|\\.[^'\n]*|[\xc2-\xf4][\x80-\xbf]+)'
    |"()
    |/\*()
    """,
    re.VERBOSE | re.DOTALL,
)
"""Braces, string literals, comments, characters (`'{'`), and what none of these explains.

Each begins with a literal, so that `re` searches for the first of them all at once.
"""

_OPEN, _CLOSE = 1, 2
_TEXTS = frozenset({3, 5, 7, 9})
_COMMENTS = frozenset({10, 11})

_HOLDING = (b"!", b"(", b"[", b",", b"{", b"#")
"""What stands before a brace that may hold what a macro is given, and within an attribute."""

_WORD = re.compile(rb"test(?<![\w]test)\b")
"""`use x::{test}` is of interest."""

_PREAMBLE = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(?:#!(?!\s*\[)|---)")
"""Lines above the Rust of a script."""

_FENCES = (b"```", b"~~~")

_ITEMS = rb"(?:pub|fn|struct|enum|impl|trait|unsafe|async|const|static|extern|type)\b"
_PLAIN_ITEM = re.compile(
    rb"(?<=[{};])(?:\s*\#\[derive\([\w\s,:]*\)\])*\s*"
    + _ITEMS
    + rb"[^{}\#\"/;!]*\{\s*\}(?=\s*(?:[\#}]|\Z|use\b|mod\b|"
    + _ITEMS
    + rb"))"
)
"""A whole item with an empty body, without attributes that matter, from the end of the one before.

What follows shows that it is no part of an expression.
"""


@dataclass(frozen=True)
class Outline:
    """A file without the bodies and comments that cannot matter."""

    code: bytes
    """What is left: each thing is in the line where it was."""
    literals: Sequence[tuple[int, int]]
    """Where each string literal of the whole file begins and ends."""


def outline_of(content: bytes) -> Outline | None:
    """The outline of a file; None where tokens alone cannot tell it."""
    if _PREAMBLE.match(content) or not _is_text(content):
        return None
    documented = any(fence in content for fence in _FENCES)
    places = interesting_places(content)
    marked = sorted((*places, *(found.start() for found in _WORD.finditer(content))))
    literals: list[tuple[int, int]] = []
    cuts: list[tuple[int, int]] = []
    opened: list[int] = []
    count, passed, last = len(marked), 0, -1
    for found in _ATOM.finditer(content):
        kind = found.lastindex
        if kind == _OPEN:
            opened.append(found.end())
            continue
        if kind in _TEXTS:
            literals.append(found.span())
            continue
        if kind == _CLOSE and opened:
            begin, end = opened.pop(), found.start()
        elif kind in _COMMENTS:
            begin, end = found.span()
        elif kind is None:
            continue
        else:
            return None
        while passed < count and marked[passed] < end:
            last = marked[passed]
            passed += 1
        if last < begin and (kind == _CLOSE or not documented):
            while cuts and cuts[-1][0] > begin:
                cuts.pop()
            cuts.append((begin, end))
    if opened:
        return None
    code = _without(content, cuts)
    return Outline(code if documented else _PLAIN_ITEM.sub(_newlines, code), literals)


def _without(content: bytes, cuts: Iterable[tuple[int, int]]) -> bytes:
    """The content with a blank and the newlines alone in the place of each stretch."""
    parts: list[bytes] = []
    kept = 0
    for begin, end in cuts:
        around = content[kept:begin]
        if around.removesuffix(b"{").rstrip()[-1:] in _HOLDING:
            continue
        parts += (around, b" ", b"\n" * content.count(b"\n", begin, end))
        kept = end
    parts.append(content[kept:])
    return b"".join(parts)


def _newlines(found: re.Match[bytes]) -> bytes:
    """What is left of a plain item."""
    return b"\n" * found[0].count(b"\n")


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
