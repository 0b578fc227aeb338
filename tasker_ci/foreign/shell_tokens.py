"""The words and operators of a shell script, by POSIX's rules of quoting.

`shlex` cannot say whether `&&` stood in quotes, knows no here-document, and cuts at a `#` within a
word; so the reading is done here. Nothing is expanded: a word with an expansion is not ``fixed``.
https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPERATORS = (
    *("&>>", "<<<", "<<-", "&&", "||", ";;", "|&", "&>", ">>", "<<", ">&", "<&", ">|", "<>"),
    *("\n", ";", "|", "&", "(", ")", "<", ">"),
)


@dataclass(frozen=True, kw_only=True)
class Word:
    """One word."""

    value: str
    """Without its quotes."""
    fixed: bool = True
    """Whether nothing in it is expanded."""
    bare: bool = True
    """Whether no part of it is quoted; a reserved word is bare."""


@dataclass(frozen=True, kw_only=True)
class Token:
    """A word, or an operator."""

    begin: int
    end: int
    word: Word | None = None
    operator: str = ""
    body: str = ""
    """The text of the here-document that the operator begins."""


def tokens(script: str) -> Iterator[Token]:
    """The words and operators of a script."""
    place, waiting = 0, []
    begin = end = 0
    while place < len(script):
        character = script[place]
        if script.startswith("\\\n", place):
            place += 2
        elif character in " \t\r":
            place += 1
        elif character == "#":
            place = _line_end(script, place)
        elif script.startswith("((", place):  # arithmetic
            begin, place = place, _balanced(script, place)
            yield Token(begin=begin, end=place, word=Word(value="((", fixed=False))
        elif operator := next((each for each in _OPERATORS if script.startswith(each, place)), ""):
            begin, place = place, place + len(operator)
            if operator in {"<<", "<<-"}:
                end, delimiter = _word(script, _skipped(script, place))
                waiting.append((operator, delimiter.value))
                yield Token(begin=begin, end=end, operator=operator)
                place = end
            else:
                body = ""
                if operator == "\n" and waiting:
                    body, place = _documents(script, place, waiting)
                    waiting = []
                yield Token(begin=begin, end=begin + len(operator), operator=operator, body=body)
        else:
            end, word = _word(script, place)
            yield Token(begin=place, end=end, word=word)
            place = end


def _word(script: str, place: int) -> tuple[int, Word]:
    """The word at a place, and where it ends."""
    value: list[str] = []
    fixed = bare = True
    while place < len(script):
        character = script[place]
        if script.startswith("\\\n", place):
            place += 2
        elif character in " \t\r\n;&|()<>":
            break
        elif character == "\\":
            value.append(script[place + 1 : place + 2])
            place, bare = place + 2, False
        elif character == "'":
            end = _until(script, "'", place + 1)
            value.append(script[place + 1 : end])
            place, bare = end + 1, False
        elif character == '"':
            end, text, plain = _quoted(script, place + 1)
            value.append(text)
            place, bare, fixed = end, False, fixed and plain
        elif character in "$`":
            end = _expansion(script, place)
            value.append(script[place:end])
            fixed = fixed and end == place + 1 and character == "$"
            place = end
        else:
            fixed = fixed and not (character in "*?[" or (character == "~" and not value))
            value.append(character)
            place += 1
    return place, Word(value="".join(value), fixed=fixed, bare=bare)


def _quoted(script: str, place: int) -> tuple[int, str, bool]:
    """What stands between double quotes: where it ends, its text, whether nothing is expanded."""
    value: list[str] = []
    fixed = True
    while place < len(script) and script[place] != '"':
        if script.startswith("\\\n", place):
            place += 2
        elif script[place] == "\\" and script[place + 1 : place + 2] in {*'$`"\\'}:
            value.append(script[place + 1])
            place += 2
        elif script[place] in "$`":
            end = _expansion(script, place)
            value.append(script[place:end])
            fixed = fixed and end == place + 1 and script[place] == "$"
            place = end
        else:
            value.append(script[place])
            place += 1
    return place + 1, "".join(value), fixed


def _expansion(script: str, place: int) -> int:
    """Where the expansion ends that begins at a place; one further for a `$` that is only one."""
    if script[place] == "`":
        end = place + 1
        while end < len(script) and script[end] != "`":
            end += 2 if script[end] == "\\" else 1
        return min(end + 1, len(script))
    if script.startswith("${{", place):  # GitHub's, which no shell sees
        return _until(script, "}}", place) + 2
    if script.startswith("$'", place):
        return _until(script, "'", place + 2) + 1
    if script.startswith(("${", "$("), place):
        return _balanced(script, place + 1)
    name = re.compile(r"\w+|[@*#?$!-]").match(script, place + 1)
    return name.end() if name else place + 1


def _balanced(script: str, place: int) -> int:
    """Where the parenthesis or brace at a place has been closed, quotes left in peace."""
    closing = {"(": ")", "{": "}"}
    waiting: list[str] = []
    while place < len(script):
        character = script[place]
        if character in closing:
            waiting.append(closing[character])
        elif waiting and character == waiting[-1]:
            waiting.pop()
            if not waiting:
                return place + 1
        elif character == "'":
            place = _until(script, "'", place + 1)
        elif character == '"':
            place = _quoted(script, place + 1)[0] - 1
        elif character == "\\":
            place += 1
        place += 1
    return len(script)


def _documents(script: str, place: int, waiting: list[tuple[str, str]]) -> tuple[str, int]:
    """The bodies of the here-documents that begin at a place, and where the last one ends."""
    lines = []
    for operator, delimiter in waiting:
        while place < len(script):
            end = _line_end(script, place)
            line, place = script[place:end], end + 1
            if (line.lstrip("\t") if operator == "<<-" else line) == delimiter:
                break
            lines.append(line)
    return "\n".join(lines), place


def _until(script: str, text: str, place: int) -> int:
    end = script.find(text, place)
    return len(script) if end < 0 else end


def _line_end(script: str, place: int) -> int:
    return _until(script, "\n", place)


def _skipped(script: str, place: int) -> int:
    while script[place : place + 1] in {" ", "\t"}:
        place += 1
    return place
