"""The tokens of an outline that holds plain items alone, without a syntax tree.

Most outlines are a few lines: imports, modules, attributes, functions whose bodies were left out.
What is not certain to be one of these is for tree-sitter to read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from tasker_ci.rust.conditions import Quoted
from tasker_ci.rust.tokens import interesting_places

if TYPE_CHECKING:
    from collections.abc import Sequence

_VALUE = rb"""(?:[^{}\[\]\#"'/;!|]|"[^"\\]*"|'[a-z_]+(?!')|\[[^{}\[\]\#"'/!|]*\])*"""
"""Types and expressions without braces, comments, macros and closures."""

_PIECE = re.compile(
    rb"""
    \s*(?P<start>)(?:
    (?P<attribute>\#!?\[(?:[\w:(),=\s]|"[^"\\]*")*\])
    |(?:pub(?:\s*\([\w:\s]*\))?\s+)?(?:
      (?P<module>mod\s+(?P<name>(?:r\#)?[A-Za-z_]\w*)\s*(?P<end>[;{]))
      |(?P<use>use\s[\w:{},*\s]+;)
      |(?P<function>(?:(?:async|const|unsafe)\s+)*fn\s+(?P<called>(?:r\#)?[A-Za-z_]\w*)\s*
        [(<][^{}\#"/;!]*\{\s*\})
      |(?P<item>(?:unsafe\s+)?(?:struct|enum|union|trait|impl)\b[^{}\#"/;!=]*(?:\{\s*\}|;)
      |(?:const(?!\s+(?:unsafe|fn)\b)|static|extern\s+crate|type\s[^=;]*=)\s"""
    + _VALUE
    + rb""";)
      |(?P<open>(?:unsafe\s+)?(?:trait|impl)\b[^{}\#"/;!=()]*\{)
    )
    |(?P<close>\})
    |(?P<comment>//[^\n]*)
    |(?P<last>\Z)
    )
    """,
    re.VERBOSE,
)
"""One piece of an outline, with the blanks before it."""

_WORD = re.compile(r'"([^"\\]*)"|(\w+(?!["\w])|::|[(),]|=(?![=>]))|\s+()')
_TEST = re.compile(rb"\btest\b")
_FENCES = (b"```", b"~~~")


@dataclass(frozen=True, slots=True)
class PlainToken:
    """What a `Token` tells, of code that is no part of a macro."""

    kind: str
    line: int
    text: str = ""
    words: Sequence[str] = ()
    name: str = ""
    in_macro: bool = False
    in_macro_definition: bool = False


def plain_tokens(code: bytes) -> list[PlainToken] | None:
    """The tokens of an outline as `tokens_of` gives them; None where that is not certain."""
    places = interesting_places(code)
    if not places:
        return []
    if any(fence in code for fence in _FENCES):  # documentation counts, and is no piece here
        return None
    tokens: list[PlainToken] = []
    opened: list[tuple[int, int]] = []  # how many tokens and places there were
    end, line, passed = 0, 1, 0
    while found := _PIECE.match(code, end):
        begin, kind = found.start("start"), found.lastgroup
        line += code.count(b"\n", end, begin)
        end = found.end()
        before = passed
        while passed < len(places) and places[passed] < end:
            passed += 1
        if kind == "attribute":
            words = _attribute_words(found["attribute"].decode())
            if not words:
                return None
            inner = found["attribute"].startswith(b"#!")
            tokens.append(PlainToken("inner attribute" if inner else "attribute", line, words=words))
        elif kind == "module":
            if passed - before != 1:
                return None
            last = found["end"].decode()
            last_line = line + code.count(b"\n", begin, end)
            tokens += (
                PlainToken("token", line, "mod"),
                PlainToken("token", line, found["name"].decode()),
                PlainToken("token", last_line, last),
            )
            if last == "{":
                opened.append((len(tokens), passed))
        elif kind == "comment":
            pass
        elif passed != before:
            return None
        elif kind == "close":
            if not opened:
                return None
            count, others = opened.pop()
            if others == passed:  # nothing in it matters
                del tokens[count:]
            tokens.append(PlainToken("token", line, "}"))
        elif kind == "open":
            tokens.append(PlainToken("token", line, "{"))
            opened.append((len(tokens), passed))
        elif kind == "function":
            tokens.append(PlainToken("function_item", line, name=found["called"].decode()))
        elif kind == "use":
            words = ("test",) if _TEST.search(found["use"]) else ()
            tokens.append(PlainToken("use_declaration", line, words=words))
        elif kind == "item":
            tokens.append(PlainToken("item_item", line))
        else:
            return None if opened else tokens
        line += code.count(b"\n", begin, end)
    return None


@lru_cache(maxsize=1024)
def _attribute_words(text: str) -> tuple[str, ...]:
    """The words of an attribute; none where tree-sitter has to read it."""
    words: list[str] = []
    begin, end = text.index("[") + 1, len(text) - 1
    while begin < end:
        found = _WORD.match(text, begin, end)
        if found is None:
            return ()
        begin = found.end()
        if found.lastindex == 1:
            words.append(Quoted(found[1]))
        elif found.lastindex == 2:  # noqa: PLR2004 - the second group of the pattern
            words.append(found[2])
    if not words or not words[0].isidentifier() or words.count("(") != words.count(")"):
        return ()
    return ("[", *words, "]")
