"""The tokens of an outline that holds plain items alone, without a syntax tree.

Most outlines are a few lines: imports, modules, attributes, functions whose bodies were left out.
What is not certain to be one of these is for tree-sitter to read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
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


def plain_tokens(code: bytes) -> Sequence[PlainToken] | None:
    """The tokens of an outline as `tokens_of` gives them; None where that is not certain."""
    places = interesting_places(code)
    if not places:
        return ()
    if any(fence in code for fence in _FENCES):  # documentation counts, and is no piece here
        return None
    reader = _Reader(code, places)
    return reader.tokens if reader.read() else None


@dataclass
class _Reader:
    """Reads one piece after the other."""

    code: bytes
    places: Sequence[int]
    tokens: list[PlainToken] = field(default_factory=list)
    _opened: list[tuple[int, int]] = field(default_factory=list)
    """Of each open brace how many tokens there were, and how many places before it."""
    _line: int = 1
    _passed: int = 0
    """How many places are before the end of what was read."""

    def read(self) -> bool:
        """Whether there are plain pieces alone."""
        code, places, end = self.code, self.places, 0
        while found := _PIECE.match(code, end):
            begin, kind = found.start("start"), found.lastgroup
            self._line += code.count(b"\n", end, begin)
            end, before = found.end(), self._passed
            while self._passed < len(places) and places[self._passed] < end:
                self._passed += 1
            if kind == "last":
                return not self._opened
            if not self._take(found, kind or "", self._passed - before):
                return False
            self._line += code.count(b"\n", begin, end)
        return False

    def _take(self, found: re.Match[bytes], kind: str, places: int) -> bool:
        """Take one piece, in which so many places are; whether it is a plain one."""
        if kind == "attribute":
            return self._attribute(found["attribute"])
        if kind == "module":
            self._module(found)
            return places == 1
        if kind == "close":
            return self._close()
        if kind == "comment":
            return True
        if kind == "open":
            self._token("{")
            self._opened.append((len(self.tokens), self._passed))
        elif kind == "function":
            name = found["called"].decode()
            self.tokens.append(PlainToken("function_item", self._line, name=name))
        elif kind == "use":
            words = ("test",) if _TEST.search(found["use"]) else ()
            self.tokens.append(PlainToken("use_declaration", self._line, words=words))
        else:
            self.tokens.append(PlainToken("const_item", self._line))
        return places == 0

    def _attribute(self, text: bytes) -> bool:
        words = _attribute_words(text.decode())
        kind = "inner attribute" if text.startswith(b"#!") else "attribute"
        self.tokens.append(PlainToken(kind, self._line, words=words))
        return bool(words)

    def _module(self, found: re.Match[bytes]) -> None:
        last = found["end"].decode()
        self._token("mod")
        self._token(found["name"].decode())
        self._token(last, self.code.count(b"\n", found.start("start"), found.end()))
        if last == "{":
            self._opened.append((len(self.tokens), self._passed))

    def _close(self) -> bool:
        if not self._opened:
            return False
        count, passed = self._opened.pop()
        if passed == self._passed:  # nothing in it matters
            del self.tokens[count:]
        self._token("}")
        return True

    def _token(self, text: str, lines: int = 0) -> None:
        self.tokens.append(PlainToken("token", self._line + lines, text))


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
