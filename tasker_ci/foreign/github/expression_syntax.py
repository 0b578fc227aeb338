"""The syntax of GitHub's expressions: a text becomes a function of the contexts.

https://docs.github.com/actions/reference/evaluate-expressions-in-workflows-and-actions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from tasker_ci.foreign.github.functions import called
from tasker_ci.foreign.github.values import UNKNOWN, Partial, Unknown, entry, equal, less, truth

Meaning = Callable[[Mapping[str, Any]], Any]
"""What an expression is, given the contexts."""

_MOST_CHARACTERS = 21_000
_DEEPEST = 50
"""GitHub reads no more."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[-+]?(?:0x[0-9a-fA-F]+|0o[0-7]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)(?![\w.]))"
    r"|'(?P<text>(?:[^']|'')*+)'"
    r"|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[!<>()\[\].,*]))"
)
_WORDS = {"true": True, "false": False, "null": None, "nan": float("nan"), "infinity": float("inf")}


class UnreadableExpression(ValueError):
    """A text that is no expression."""


@lru_cache(maxsize=4096)
def meaning_of(text: str) -> Meaning:
    """What an expression without its braces means. Raises `UnreadableExpression`."""
    if len(text) > _MOST_CHARACTERS:
        raise UnreadableExpression(text[:40])
    return _Parser(text).whole()


class _Parser:
    """Reads one expression."""

    def __init__(self, text: str) -> None:
        self.tokens = [*_tokens(text)]
        self.place = 0
        self.depth = 0

    def whole(self) -> Meaning:
        meaning = self.either()
        if self.place < len(self.tokens):
            raise UnreadableExpression(self.tokens[self.place][1])
        return meaning

    def sign(self, *wanted: str) -> str:
        """The next sign if it is one of these, read; else ""."""
        if self.place < len(self.tokens):
            kind, value = self.tokens[self.place]
            if kind == "sign" and value in wanted:
                self.place += 1
                return value
        return ""

    def expect(self, wanted: str) -> None:
        if not self.sign(wanted):
            raise UnreadableExpression(f"no {wanted}")

    def either(self) -> Meaning:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UnreadableExpression("it is nested too deeply")
        parts = [self.both()]
        while self.sign("||"):
            parts.append(self.both())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else lambda contexts: _chain(parts, contexts, stop=True)

    def both(self) -> Meaning:
        parts = [self.same()]
        while self.sign("&&"):
            parts.append(self.same())
        return parts[0] if len(parts) == 1 else lambda contexts: _chain(parts, contexts, stop=False)

    def same(self) -> Meaning:
        left = self.ordered()
        while operator := self.sign("==", "!="):
            left = _comparison(operator, left, self.ordered())
        return left

    def ordered(self) -> Meaning:
        left = self.negation()
        while operator := self.sign("<", "<=", ">", ">="):
            left = _comparison(operator, left, self.negation())
        return left

    def negation(self) -> Meaning:
        count = 0
        while self.sign("!"):
            count += 1
        inner = self.member()
        if not count:
            return inner
        turned = count % 2 == 1
        return lambda contexts: _yes_or_no(truth(inner(contexts)), turned=turned)

    def member(self) -> Meaning:
        value = self.single()
        while operator := self.sign(".", "["):
            if operator == "[":
                key = (lambda _: "*") if (star := bool(self.sign("*"))) else self.either()
                self.expect("]")
            else:
                star = bool(self.sign("*"))
                key = (lambda _: "*") if star else self.name()
            value = _member(value, key, star=star)
        return value

    def name(self) -> Meaning:
        if self.place >= len(self.tokens) or self.tokens[self.place][0] != "name":
            raise UnreadableExpression("no name behind the point")
        value = self.tokens[self.place][1]
        self.place += 1
        return lambda _: value

    def single(self) -> Meaning:
        if self.sign("("):
            inner = self.either()
            self.expect(")")
            return inner
        if self.place >= len(self.tokens):
            raise UnreadableExpression("it ends too early")
        kind, value = self.tokens[self.place]
        self.place += 1
        if kind == "text":
            return lambda _: value
        if kind == "number":
            number = float(int(value, 0)) if value[:2] in {"0x", "0o"} else float(value)
            number = int(number) if number.is_integer() else number
            return lambda _: number
        if kind != "name":
            raise UnreadableExpression(value)
        if self.sign("("):
            return self.call(value.lower())
        if value.lower() in _WORDS:
            return lambda _: _WORDS[value.lower()]
        return lambda contexts: contexts.get(value.lower(), UNKNOWN)

    def call(self, name: str) -> Meaning:
        arguments: list[Meaning] = []
        if not self.sign(")"):
            arguments.append(self.either())
            while self.sign(","):
                arguments.append(self.either())
            self.expect(")")
        return lambda contexts: called(name, [each(contexts) for each in arguments], contexts)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    text = text.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if not found or not found.lastgroup:
            raise UnreadableExpression(text[place : place + 40])
        value = found[found.lastgroup]
        yield found.lastgroup, value.replace("''", "'") if found.lastgroup == "text" else value
        place = found.end()


def _chain(parts: list[Meaning], contexts: Mapping[str, Any], *, stop: bool) -> Any:
    """``||`` gives the first value that counts as true (``stop``), ``&&`` the first that does not.

    Behind one that is not known the answer may be any of the values, so only their truth is kept.
    """
    doubtful = False
    value: Any = None
    for place, part in enumerate(parts):
        value = part(contexts)
        known = truth(value)
        if known is stop:
            break
        if known is None and place < len(parts) - 1:
            doubtful = True
    if not doubtful:
        return value
    return Unknown(truth=stop) if truth(value) is stop else UNKNOWN


def _comparison(operator: str, left: Meaning, right: Meaning) -> Meaning:
    def compare(contexts: Mapping[str, Any]) -> Any:
        one, two = left(contexts), right(contexts)
        if operator in {"==", "!="}:
            return _yes_or_no(equal(one, two), turned=operator == "!=")
        if operator in {">", "<="}:
            one, two = two, one
        answer = less(one, two)
        if operator in {"<=", ">="} and answer is not None:
            return not answer and equal(one, one) is True and equal(two, two) is True
        return _yes_or_no(answer, turned=False)

    return compare


def _yes_or_no(answer: bool | None, *, turned: bool) -> Any:  # noqa: FBT001 - three values
    return UNKNOWN if answer is None else answer is not turned


def _member(value: Meaning, key: Meaning, *, star: bool) -> Meaning:
    def member(contexts: Mapping[str, Any]) -> Any:
        found = value(contexts)
        if isinstance(found, _Filtered):
            if star:
                return _Filtered(each for item in found for each in _every(item))
            wanted = key(contexts)
            return _Filtered(each for item in found if (each := entry(item, wanted)) is not None)
        if star:
            if isinstance(found, Unknown | Partial):
                return UNKNOWN
            return _Filtered(_every(found))
        return entry(found, key(contexts))

    return member


class _Filtered(list[Any]):
    """What ``*`` makes: a name behind it is asked of each item."""


def _every(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.values()]
    return value if isinstance(value, list) else []
