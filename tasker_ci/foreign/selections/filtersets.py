"""The language in which nextest is told what to run, read into a tree.

https://nexte.st/docs/filtersets/reference/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_DEEPEST = 60
"""A person's filter has a few parentheses; reading one is a recursion."""

_SETS = {
    "package": "glob",
    "deps": "glob",
    "rdeps": "glob",
    "kind": "equal",
    "binary_id": "glob",
    "binary": "glob",
    "test": "contains",
    "group": "glob",
    "platform": "equal",
    "default": "",
    "all": "",
    "none": "",
}
"""What each takes a name for without a sign before it; "" for those that take none."""

_SIGNS = {"=": "equal", "~": "contains", "#": "glob", "/": "regex"}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "\\": "\\", "/": "/"}
_ESCAPES |= {")": ")", ",": ","}
_TOKEN = re.compile(r"[ \r\n]*(?:(?P<name>[a-z_]+)(?P<call>[ \r\n]*\()?|(?P<sign>[()!&|+-]))")
_UNICODE = re.compile(r"u\{(?P<code>[0-9A-Fa-f]{1,6})\}")


@dataclass(frozen=True)
class Filterset:
    """One expression.

    ``operator`` is ``not``, ``and``, ``or`` (over ``parts``), or the name of a set with its
    ``matcher`` (``equal``, ``contains``, ``glob``, ``regex``) and ``value``.
    """

    operator: str
    parts: tuple[Filterset, ...] = ()
    matcher: str = ""
    value: str = ""


class NoFilterset(ValueError):
    """A text is no filterset."""


@lru_cache(maxsize=512)
def read_filterset(text: str) -> Filterset:
    """Read an expression. Raises `NoFilterset`."""
    reader = _Reader(text)
    found = reader.union(0)
    if reader.text[reader.place :].strip(" \r\n"):
        raise NoFilterset(text)
    return found


@dataclass
class _Reader:
    text: str
    place: int = 0

    def union(self, depth: int) -> Filterset:
        parts = [self._intersection(depth)]
        while self._take("or", "|", "+"):
            parts.append(self._intersection(depth))
        return parts[0] if len(parts) == 1 else Filterset("or", tuple(parts))

    def _intersection(self, depth: int) -> Filterset:
        found = self._basic(depth)
        while True:
            if self._take("and", "&"):
                found = Filterset("and", (found, self._basic(depth)))
            elif self._take("-"):
                found = Filterset("and", (found, Filterset("not", (self._basic(depth),))))
            else:
                return found

    def _basic(self, depth: int) -> Filterset:
        if depth > _DEEPEST:
            raise NoFilterset(self.text)
        if self._take("not", "!"):
            return Filterset("not", (self._basic(depth + 1),))
        if self._take("("):
            found = self.union(depth + 1)
            self._expect(")")
            return found
        return self._set()

    def _take(self, *words: str) -> bool:
        token = _TOKEN.match(self.text, self.place)
        if token is None:
            return False
        found = token["sign"] or token["name"]
        # `not(…)` and `or(…)` are operators before parentheses.
        if found not in words or (token["call"] and found not in {"not", "and", "or"}):
            return False
        self.place = token.end("sign") if token["sign"] else token.end("name")
        return True

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise NoFilterset(self.text)

    def _set(self) -> Filterset:
        token = _TOKEN.match(self.text, self.place)
        name = token["name"] if token and token["call"] else None
        if token is None or name is None or name not in _SETS:
            raise NoFilterset(self.text)
        self.place = token.end()
        if not _SETS[name]:
            self._expect(")")
            return Filterset(name)
        self._skip_blanks()
        sign = self.text[self.place : self.place + 1]
        matcher = _SIGNS.get(sign, _SETS[name])
        if sign in _SIGNS:
            self.place += 1
        value = self._regex() if matcher == "regex" else self._string()
        self._expect(")")
        return Filterset(name, matcher=matcher, value=value)

    def _skip_blanks(self) -> None:
        while self.text[self.place : self.place + 1] in {" ", "\r", "\n"}:
            self.place += 1

    def _string(self) -> str:
        found: list[str] = []
        while (sign := self.text[self.place : self.place + 1]) not in {"", ")", ","}:
            self.place += 1
            found.append(self._escaped() if sign == "\\" else sign)
        if not found:
            raise NoFilterset(self.text)
        return "".join(found)

    def _escaped(self) -> str:
        code = _UNICODE.match(self.text, self.place)
        if code:
            self.place = code.end()
            try:
                return chr(int(code["code"], 16))
            except ValueError:
                raise NoFilterset(self.text) from None
        sign = self.text[self.place : self.place + 1]
        if sign not in _ESCAPES:
            raise NoFilterset(self.text)
        self.place += 1
        return _ESCAPES[sign]

    def _regex(self) -> str:
        found = re.compile(r"((?:[^\\/]|\\.)*)/", re.DOTALL).match(self.text, self.place)
        if found is None:
            raise NoFilterset(self.text)
        self.place = found.end()
        return found[1].replace("\\/", "/")
