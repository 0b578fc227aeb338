"""Expressions of a justfile: ``'a' + b / env('C', 'd')``."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Protocol

from tasker_ci.foreign.bash.unknown import UNKNOWN, is_known

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<raw>x?f?'''(?:.*?)'''|x?f?'(?:[^']*)')
    |(?P<cooked>x?f?\"\"\"(?:.*?)\"\"\"|x?f?"(?:\\.|[^"\\])*")
    |(?P<shell>```.*?```|`[^`]*`)
    |(?P<name>[A-Za-z_][\w-]*(?:::[A-Za-z_][\w-]*)*)
    |(?P<mark>==|!=|=~|!~|&&|\|\||[-+/(){},$*:=@])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r"}
_DEEPEST = 40


class Values(Protocol):
    """What an expression asks of the justfile."""

    def variable(self, name: str) -> str:
        """The value of a variable."""

    def output(self, command: str) -> str:
        """What a command prints."""

    def function(self, name: str, arguments: list[str]) -> str:
        """The value of a function that asks for what is around."""


Token = tuple[str, str]


def tokens_of(text: str) -> list[Token]:
    """The tokens of a line; the last is of the kind `rest` where something cannot be read."""
    found: list[Token] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            if text[at:].strip().startswith("#"):
                break
            found.append(("rest", text[at:]))
            break
        kind = match.lastgroup or "rest"
        found.append((kind, match[kind]))
        at = match.end()
    return found


def evaluated(text: str, values: Values) -> str:
    """The value of an expression; unknown where it cannot be read."""
    return _Parser(tokens_of(text), values).whole()


class _Parser:
    def __init__(self, tokens: list[Token], values: Values) -> None:
        self._tokens, self._values = tokens, values
        self._at = self._depth = 0

    def whole(self) -> str:
        value = self.expression()
        return value if self._at == len(self._tokens) else UNKNOWN

    def _next(self, mark: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == ("mark", mark):
            self._at += 1
            return True
        return False

    def expression(self) -> str:
        self._depth += 1
        if self._depth > _DEEPEST:
            return UNKNOWN
        if self._at < len(self._tokens) and self._tokens[self._at] == ("name", "if"):
            self._at += 1
            value = self._condition()
        else:
            value = self._logic()
        self._depth -= 1
        return value

    def _logic(self) -> str:
        value = self._sum()
        while True:
            if self._next("||"):
                other = self._sum()
                value = value or other if is_known(value) else UNKNOWN
            elif self._next("&&"):
                other = self._sum()
                value = (other if value else "") if is_known(value) else UNKNOWN
            else:
                return value

    def _sum(self) -> str:
        if self._next("/"):
            return f"/{self._sum()}"
        value = self._value()
        while True:
            if self._next("+"):
                value += self._value()
            elif self._next("/"):
                value = f"{value.rstrip('/')}/{self._value()}"
            else:
                return value

    def _condition(self) -> str:
        left = self._logic()
        operator = self._tokens[self._at][1] if self._at < len(self._tokens) else ""
        self._at += 1
        right = self._logic()
        self._next("{")
        then = self.expression()
        self._next("}")
        if self._at < len(self._tokens) and self._tokens[self._at] == ("name", "else"):
            self._at += 1
        if self._at < len(self._tokens) and self._tokens[self._at] == ("name", "if"):
            other = self.expression()
        else:
            self._next("{")
            other = self.expression()
            self._next("}")
        if operator not in {"==", "!="} or not (is_known(left) and is_known(right)):
            return then if then == other else UNKNOWN
        return then if (left == right) == (operator == "==") else other

    def _value(self) -> str:  # noqa: PLR0911 - a table
        if self._next("("):
            value = self.expression()
            self._next(")")
            return value
        if self._at >= len(self._tokens):
            return UNKNOWN
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind in {"raw", "cooked"}:
            return text_of_string(kind, text)
        if kind == "shell":
            return self._values.output(text.strip("`"))
        if kind != "name":
            return UNKNOWN
        if not self._next("("):
            return self._values.variable(text)
        arguments: list[str] = []
        while self._at < len(self._tokens) and not self._next(")"):
            before = self._at
            arguments.append(self.expression())
            self._next(",")
            if self._at == before:
                return UNKNOWN
        return _called(text, arguments, self._values)


def text_of_string(kind: str, text: str) -> str:
    """The text of a string."""
    expands = "f" in text[:2] and text[0] in "xf" and "{{" in text
    text = re.sub(r"^[xf]{0,2}(?=['\"])", "", text)
    if expands:
        return UNKNOWN
    size = 3 if text[:3] in {"'''", '"""'} else 1
    text = text[size:-size]
    if size > 1:
        text = _unindented(text)
    if kind == "cooked":
        text = _ESCAPE.sub(lambda found: _LETTERS.get(found[1], found[1].strip("\n")), text)
    return text


def _unindented(text: str) -> str:
    import textwrap

    return textwrap.dedent(text.removeprefix("\n"))


def _called(name: str, arguments: list[str], values: Values) -> str:
    change = _FUNCTIONS.get(name)
    if change is None:
        return values.function(name, arguments)
    if not all(is_known(each) for each in arguments):
        return UNKNOWN
    try:
        return change(arguments)
    except IndexError:
        return UNKNOWN


_FUNCTIONS: dict[str, Callable[[list[str]], str]] = {
    "quote": lambda values: "'" + values[0].replace("'", "'\\''") + "'",
    "join": lambda values: posixpath.join(*values),
    "replace": lambda values: values[0].replace(values[1], values[2]),
    "trim": lambda values: values[0].strip(),
    "trim_start": lambda values: values[0].lstrip(),
    "trim_end": lambda values: values[0].rstrip(),
    "trim_start_match": lambda values: values[0].removeprefix(values[1]),
    "trim_end_match": lambda values: values[0].removesuffix(values[1]),
    "uppercase": lambda values: values[0].upper(),
    "lowercase": lambda values: values[0].lower(),
    "kebabcase": lambda values: values[0].lower().replace("_", "-").replace(" ", "-"),
    "snakecase": lambda values: values[0].lower().replace("-", "_").replace(" ", "_"),
    "parent_directory": lambda values: posixpath.dirname(values[0]),
    "parent_dir": lambda values: posixpath.dirname(values[0]),
    "file_name": lambda values: posixpath.basename(values[0]),
    "file_stem": lambda values: posixpath.splitext(posixpath.basename(values[0]))[0],
    "extension": lambda values: posixpath.splitext(values[0])[1].removeprefix("."),
    "without_extension": lambda values: posixpath.splitext(values[0])[0],
    "clean": lambda values: posixpath.normpath(values[0]),
    "append": lambda values: " ".join(word + values[0] for word in values[1].split()),
    "prepend": lambda values: " ".join(values[0] + word for word in values[1].split()),
    "require": lambda values: values[0],
    "which": lambda values: values[0],
    "absolute_path": lambda values: values[0],
    "canonicalize": lambda values: values[0],
    "style": lambda _: "",
}
