"""The commands of a shell script, as far as they can be read without running it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.foreign.shell_tokens import Token, Word, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REDIRECTS = {"&>>", "<<<", "<<-", "&>", ">>", "<<", ">&", "<&", ">|", "<>", "<", ">"}
_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)\+?=(?P<value>.*)", re.DOTALL)
_OPENING = {"if", "while", "until", "for", "case", "select"}
_CLOSING = {"fi", "done", "esac"}
_BETWEEN = {"then", "else", "elif", "do", "{", "}", "!"}


@dataclass(frozen=True, kw_only=True)
class ShellCommand:
    """One command, or several with a pipe between them, of which the first is described."""

    text: str
    """As it is written, on one line."""
    words: tuple[str, ...] = ()
    assignments: Mapping[str, str | None] = field(default_factory=dict)
    """Before the first word; None for a value that is not known."""
    fixed: bool = True
    """Whether every word is known without running anything."""
    always: bool = True
    """Whether it runs whenever the script gets that far: no condition, no loop, no function."""
    piped_to: tuple[tuple[str, ...], ...] = ()
    """The words of the commands behind its pipes."""
    written_to: tuple[str, ...] = ()
    """The files of its redirections, as they are written."""
    document: str = ""
    """Its here-document."""
    decides: bool = False
    """Whether it stands before `&&`."""
    depth: int = 0
    """In how many subshells it runs."""


def commands(script: str) -> Iterator[ShellCommand]:
    """The commands of a script in their order, those within conditions and loops too."""
    yield from _Reading(script).commands()


class _Reading:
    """Puts the tokens of one script together to commands."""

    def __init__(self, script: str) -> None:
        self._script = script
        self._segment: list[Token] = []
        self._pipeline: list[_Part] = []
        self._blocks: list[str] = []
        self._depth = 0
        self._pattern = self._fallback = False
        self._parentheses = False
        """Whether those of `name()` or of `names=(…)` are open."""
        self._function = False
        """Whether the next brace begins a function."""

    def commands(self) -> Iterator[ShellCommand]:
        """Each command with its pipes."""
        for token in tokens(self._script):
            operator = token.operator
            if self._is_taken(token):
                continue
            if operator == "(" and self._segment:
                self._function = not self._assigns()
                self._segment, self._parentheses = [], True
            elif operator == "(":
                self._depth += 1
            elif operator in {"|", "|&"}:
                self._end_part()
            elif operator != "\n" or self._segment or not self._pipeline:  # else it goes on
                yield from self._ended(token)
        yield from self._ended(Token(begin=0, end=0, operator=";"))

    def _is_taken(self, token: Token) -> bool:
        """Whether a token is part of a command, or of something that is none."""
        first = self._segment[0].word if self._segment else None
        if self._pattern:
            ends = bool(token.word and token.word.bare and token.word.value == "esac")
            self._pattern = token.operator != ")" and not ends
            if not ends:
                return True
        elif self._parentheses:
            self._parentheses = token.operator != ")"
            return True
        elif first is not None and first.value == "[[" and not _is(self._segment[-1], "]]"):
            self._segment.append(token)
            return True
        if token.word is None and token.operator not in _REDIRECTS:
            return False
        self._segment.append(token)
        if _is(token, "in") and first is not None and first.value == "case":
            self._segment, self._pattern = [], True
            self._blocks.append("case")
        return True

    def _ended(self, token: Token) -> Iterator[ShellCommand]:
        operator = token.operator
        self._end_part()
        if self._pipeline:
            first, *others = self._pipeline
            end = self._pipeline[-1].end
            parts = self._pipeline
            yield ShellCommand(
                text=" ".join(self._script[first.begin : end].replace("\\\n", "").split()),
                words=tuple(word.value for word in first.words),
                assignments=first.assignments,
                fixed=all(word.fixed for part in parts for word in part.words),
                always=not (
                    first.negated or {*self._blocks} - {"{"} or self._fallback or operator == "&"
                ),
                piped_to=tuple(tuple(word.value for word in part.words) for part in others),
                written_to=tuple(file for part in parts for file in part.files),
                document=token.body,
                decides=operator == "&&",
                depth=self._depth,
            )
            self._pipeline = []
            self._fallback = self._fallback and operator == "&&"
        if operator == "||":
            self._fallback = True
        elif operator == ")":
            self._depth = max(0, self._depth - 1)
        elif operator == ";;":
            self._pattern = "case" in self._blocks

    def _end_part(self) -> None:
        segment, self._segment = self._segment, []
        negated = False
        while segment and (word := segment[0].word) is not None and word.bare:
            if word.value in _OPENING:
                self._blocks.append(word.value)
                if word.value in {"for", "select"}:
                    return
            elif word.value in _CLOSING:
                self._close()
            elif word.value == "function":
                segment, self._function = segment[1:], True
            elif word.value == "{":
                self._blocks.append("function" if self._function else "{")
                self._function = False
            elif word.value == "}":
                self._close()
            elif word.value == "!":
                negated = True
            elif word.value not in _BETWEEN:
                break
            segment = segment[1:]
        part = _part(segment, negated=negated)
        if part.words or part.assignments:
            self._pipeline.append(part)

    def _assigns(self) -> bool:
        """Whether the parenthesis that comes next is that of an array."""
        word = self._segment[-1].word
        return word is not None and word.bare and word.value.endswith("=")

    def _close(self) -> None:
        if self._blocks:
            self._blocks.pop()


@dataclass(frozen=True, kw_only=True)
class _Part:
    begin: int
    end: int
    words: tuple[Word, ...]
    assignments: Mapping[str, str | None]
    files: tuple[str, ...]
    negated: bool


def _part(segment: list[Token], *, negated: bool) -> _Part:
    words: list[Word] = []
    assignments: dict[str, str | None] = {}
    files: list[str] = []
    redirect = ""
    for token in segment:
        if token.operator in {"<<", "<<-"}:
            continue
        if token.word is None:
            redirect = token.operator
            if words and words[-1].bare and words[-1].value.isdigit():  # the descriptor
                words.pop()
            continue
        if redirect:
            files += [token.word.value] if ">" in redirect and redirect not in {">&", "<&"} else []
            redirect = ""
        elif not words and (found := _ASSIGNMENT.fullmatch(token.word.value)):
            assignments[found["name"]] = found["value"] if token.word.fixed else None
        else:
            words.append(token.word)
    return _Part(
        begin=segment[0].begin if segment else 0,
        end=segment[-1].end if segment else 0,
        words=tuple(words),
        assignments=assignments,
        files=tuple(files),
        negated=negated,
    )


def _is(token: Token, value: str) -> bool:
    return token.word is not None and token.word.bare and token.word.value == value
