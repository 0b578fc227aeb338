"""Variables and functions of make: ``$(NAME)``, ``$(patsubst …)``, ``$(call …)``."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tasker_ci.foreign.bash.unknown import REPOSITORY, UNKNOWN, is_known
from tasker_ci.foreign.runners.make_words import (
    each_word,
    filtered,
    split_arguments,
    substituted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_DEEPEST = 60
_LONGEST = 1 << 16
_NAME = re.compile(r"[\w.%*@<^+?|-]+(?:[DF])?")


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable of make."""

    value: str
    recursive: bool = True
    """Whether it is expanded where it is used (``=``), not where it is set (``:=``)."""
    strong: bool = False
    """Whether the command line set it."""


class Makefile(Protocol):
    """What the expansion asks of the file."""

    variables: dict[str, Variable]
    expansions: int
    """How many may still be made; variables that need one another would never end."""
    system_name: str
    """What `uname` prints."""

    def glob(self, pattern: str) -> list[str]:
        """The files that a pattern matches."""

    def evaluate(self, text: str) -> None:
        """Read more lines of a makefile."""


def expanded(text: str, makefile: Makefile, depth: int = 0) -> str:
    """A text with its variables and functions replaced."""
    if "$" not in text:
        return text
    makefile.expansions -= 1
    if depth > _DEEPEST or len(text) > _LONGEST or makefile.expansions < 0:
        return UNKNOWN
    found: list[str] = []
    at = 0
    length = 0
    while at < len(text):
        dollar = text.find("$", at)
        if dollar < 0 or dollar + 1 >= len(text):
            found.append(text[at:])
            break
        found.append(text[at:dollar])
        mark = text[dollar + 1]
        if mark in "({":
            end = _closing(text, dollar + 1)
            found.append(_reference(text[dollar + 2 : end], makefile, depth + 1))
            at = end + 1
        else:
            found.append("$" if mark == "$" else _value(mark, makefile, depth + 1))
            at = dollar + 2
        length += len(found[-1])
        if length > _LONGEST:
            return UNKNOWN
    return "".join(found)


def _closing(text: str, begin: int) -> int:
    opening, closing = text[begin], ")" if text[begin] == "(" else "}"
    depth = 0
    for index in range(begin, len(text)):
        depth += (text[index] == opening) - (text[index] == closing)
        if depth == 0:
            return index
    return len(text)


def _reference(inner: str, makefile: Makefile, depth: int) -> str:
    name, space, rest = inner.partition(" ")
    if not space:
        name, space, rest = inner.partition("\t")
    if space and name in _FUNCTIONS:
        return _FUNCTIONS[name](rest.lstrip(), makefile, depth)
    plain = expanded(inner, makefile, depth)
    name, colon, change = plain.partition(":")
    if colon and "=" in change:
        before, _, after = change.partition("=")
        value = _value(name.strip(), makefile, depth)
        if "%" not in before:
            before, after = f"%{before}", f"%{after}"
        return each_word(value, lambda word: substituted(before, after, word))
    return _value(plain.strip(), makefile, depth)


def _value(name: str, makefile: Makefile, depth: int) -> str:
    if not is_known(name):
        return UNKNOWN
    variable = makefile.variables.get(name)
    if variable is None:
        return ""
    return expanded(variable.value, makefile, depth) if variable.recursive else variable.value


def _plain(
    change: Callable[[list[str]], str], most: int = -1
) -> Callable[[str, Makefile, int], str]:
    """A function whose arguments are expanded first; unknown where one of them is."""

    def function(text: str, makefile: Makefile, depth: int) -> str:
        values = [expanded(each, makefile, depth) for each in split_arguments(text, most)]
        if not all(is_known(value) for value in values):
            return UNKNOWN
        try:
            return change(values)
        except (IndexError, ValueError):
            return UNKNOWN

    return function


def _words(change: Callable[[str], str]) -> Callable[[str, Makefile, int], str]:
    return _plain(lambda values: each_word(",".join(values), change))


def _call(text: str, makefile: Makefile, depth: int) -> str:
    name, *arguments = [expanded(each, makefile, depth) for each in split_arguments(text)]
    variable = makefile.variables.get(name.strip())
    if variable is None:
        function = _FUNCTIONS.get(name.strip())
        return function(",".join(arguments), makefile, depth) if function else ""
    saved = {str(index): makefile.variables.get(str(index)) for index in range(10)}
    for index, value in enumerate([name, *arguments]):
        makefile.variables[str(index)] = Variable(value=value, recursive=False)
    try:
        return expanded(variable.value, makefile, depth + 1)
    finally:
        _restore(makefile, saved)


def _foreach(text: str, makefile: Makefile, depth: int) -> str:
    name, values, body, *_ = [*split_arguments(text, 3), "", ""]
    name = expanded(name, makefile, depth).strip()
    words = expanded(values, makefile, depth).split()
    saved = {name: makefile.variables.get(name)}
    found = []
    for word in words[:256]:
        makefile.variables[name] = Variable(value=word, recursive=False)
        found.append(expanded(body, makefile, depth))
    _restore(makefile, saved)
    return " ".join(found)


def _restore(makefile: Makefile, saved: dict[str, Variable | None]) -> None:
    for name, variable in saved.items():
        if variable is None:
            makefile.variables.pop(name, None)
        else:
            makefile.variables[name] = variable


def _if(text: str, makefile: Makefile, depth: int) -> str:
    condition, then, other, *_ = [*split_arguments(text, 3), "", ""]
    value = expanded(condition, makefile, depth).strip()
    if value == UNKNOWN:
        return UNKNOWN
    return expanded(then if value else other, makefile, depth)


def _or(text: str, makefile: Makefile, depth: int) -> str:
    for each in split_arguments(text):
        if value := expanded(each, makefile, depth).strip():
            return value
    return ""


def _and(text: str, makefile: Makefile, depth: int) -> str:
    value = ""
    for each in split_arguments(text):
        value = expanded(each, makefile, depth).strip()
        if not value or value == UNKNOWN:
            return value
    return value


def _wildcard(text: str, makefile: Makefile, depth: int) -> str:
    patterns = expanded(text, makefile, depth)
    if not is_known(patterns):
        return UNKNOWN
    return " ".join(file for pattern in patterns.split() for file in makefile.glob(pattern))


def _shell(text: str, makefile: Makefile, depth: int) -> str:
    command = expanded(text, makefile, depth).strip()
    if command in {"uname", "uname -s"}:
        return makefile.system_name
    if command in {"pwd", "echo $$PWD", "echo $PWD"}:
        return _value("CURDIR", makefile, depth)
    if command == "git rev-parse --show-toplevel":
        return REPOSITORY
    return UNKNOWN


def _eval(text: str, makefile: Makefile, depth: int) -> str:
    makefile.evaluate(expanded(text, makefile, depth))
    return ""


def _raw(text: str, makefile: Makefile, depth: int) -> str:
    variable = makefile.variables.get(expanded(text, makefile, depth))
    return variable.value if variable else ""


_FUNCTIONS: dict[str, Callable[[str, Makefile, int], str]] = {
    "call": _call,
    "foreach": _foreach,
    "if": _if,
    "or": _or,
    "and": _and,
    "wildcard": _wildcard,
    "shell": _shell,
    "eval": _eval,
    "value": _raw,
    "info": lambda *_: "",
    "warning": lambda *_: "",
    "error": lambda *_: "",
    "origin": lambda *_: UNKNOWN,
    "flavor": lambda *_: UNKNOWN,
    "file": lambda *_: UNKNOWN,
    "subst": _plain(lambda values: ",".join(values[2:]).replace(values[0], values[1]), 3),
    "patsubst": _plain(
        lambda values: each_word(
            values[2], lambda word: substituted(values[0].strip(), values[1], word)
        ),
        3,
    ),
    "strip": _plain(lambda values: " ".join(",".join(values).split())),
    "findstring": _plain(lambda values: values[0] if values[0] in values[1] else "", 2),
    "filter": _plain(lambda values: filtered(values, keep=True)),
    "filter-out": _plain(lambda values: filtered(values, keep=False)),
    "sort": _plain(lambda values: " ".join(sorted(set(",".join(values).split())))),
    "word": _plain(lambda values: (values[1].split()[int(values[0]) - 1 :] or [""])[0], 2),
    "words": _plain(lambda values: str(len(",".join(values).split()))),
    "wordlist": _plain(
        lambda values: " ".join(values[2].split()[int(values[0]) - 1 : int(values[1])]), 3
    ),
    "firstword": _plain(lambda values: (",".join(values).split() or [""])[0]),
    "lastword": _plain(lambda values: (",".join(values).split() or [""])[-1]),
    "dir": _words(lambda word: f"{posixpath.dirname(word) or '.'}/"),
    "notdir": _words(posixpath.basename),
    "suffix": _words(lambda word: posixpath.splitext(word)[1]),
    "basename": _words(lambda word: posixpath.splitext(word)[0]),
    "addsuffix": _plain(lambda values: each_word(values[1], lambda word: word + values[0]), 2),
    "addprefix": _plain(lambda values: each_word(values[1], lambda word: values[0] + word), 2),
    "abspath": _words(lambda word: word),
    "realpath": _words(lambda word: word),
    "join": _plain(
        lambda values: " ".join(
            one + other for one, other in zip(values[0].split(), values[1].split(), strict=False)
        ),
        2,
    ),
}
