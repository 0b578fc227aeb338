"""The flags of cargo's subcommands, and a command line taken apart by them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_FLAG = re.compile(r"-(?!\d)")
"""A number below zero is a value: ``--jobs -1``."""


@dataclass(frozen=True, kw_only=True)
class FlagTable:
    """What one subcommand takes."""

    names: Mapping[str, str]
    """Every spelling with the flag's long name."""
    values: frozenset[str]
    """The long names of flags that have a value."""
    joined: frozenset[str]
    """Those whose value, if they have one, stands after ``=``."""


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """A command line taken apart."""

    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By long name, each with its values in order; () for a switch."""
    unknown_values: frozenset[str] = frozenset()
    """Flags of which a value is not known; "" for a whole word that is not."""
    unknown_flags: tuple[str, ...] = ()
    """Those that the table lacks."""
    words: tuple[str, ...] = ()
    after_dashes: tuple[str | None, ...] | None = None
    """What follows ``--``; None where nothing does."""


@cache
def flag_table(*names: str) -> FlagTable:
    """The table of a subcommand, or of several together. Raises KeyError for an unknown one."""
    spellings: dict[str, str] = {}
    kinds: dict[str, set[str]] = {"values": set(), "joined": set()}
    for row in _rows(*names):
        for kind in ("switches", "values", "joined"):
            for word in str(row.get(kind, "")).split():
                long, *_ = each = word.split("|")
                spellings.update(dict.fromkeys(each, long))
                if kind in kinds:
                    kinds[kind].add(long)
    return FlagTable(
        names=spellings, values=frozenset(kinds["values"]), joined=frozenset(kinds["joined"])
    )


def has_table(name: str) -> bool:
    """Whether a subcommand's flags are known."""
    return name in _document()


def _rows(*names: str) -> Iterator[Mapping[str, object]]:
    for name in names:
        row = _document()[name]
        yield from _rows(*row.get("uses", ()))
        yield row


@cache
def _document() -> Mapping[str, Mapping[str, list[str]]]:
    text = files("tasker_ci").joinpath("resources/cargo-flags.toml").read_text("utf-8")
    return tomllib.loads(text)


def take_apart(
    words: Sequence[str | None], table: FlagTable, *, until_word: bool = False
) -> tuple[Arguments, tuple[str | None, ...]]:
    """Read a command line by a table.

    With ``until_word`` only what stands before the first word that is no flag; the rest, beginning
    with that word, is returned beside it.
    """
    taker = _Taker(table=table, waiting=list(words))
    return taker.take(until_word=until_word), tuple(taker.waiting)


@dataclass(kw_only=True)
class _Taker:
    table: FlagTable
    waiting: list[str | None]
    flags: dict[str, list[str]] = field(default_factory=dict)
    unknown_values: set[str] = field(default_factory=set)
    unknown_flags: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def take(self, *, until_word: bool) -> Arguments:
        after: tuple[str | None, ...] | None = None
        while self.waiting:
            word = self.waiting.pop(0)
            if word is None:
                if until_word:
                    self.waiting.insert(0, word)
                    break
                self.unknown_values.add("")
            elif word == "--":
                after, self.waiting = tuple(self.waiting), []
            elif not word.startswith("-") or word == "-":
                if until_word:
                    self.waiting.insert(0, word)
                    break
                self.words.append(word)
            elif word.startswith("--"):
                self._long(word)
            else:
                self._short(word)
        return Arguments(
            flags={name: tuple(values) for name, values in self.flags.items()},
            unknown_values=frozenset(self.unknown_values),
            unknown_flags=tuple(self.unknown_flags),
            words=tuple(self.words),
            after_dashes=after,
        )

    def _long(self, word: str) -> None:
        spelling, equals, value = word.partition("=")
        name = self.table.names.get(spelling)
        if name is None:
            self.unknown_flags.append(spelling)
            self.flags.setdefault(spelling, []).extend([value] if equals else [])
        elif name in self.table.values:
            self._value(name, value if equals else None)
        else:
            self.flags.setdefault(name, []).extend([value] if equals else [])

    def _short(self, word: str) -> None:
        """``-p NAME``, ``-pNAME``, ``-p=NAME``, ``-vv``, ``-rq``."""
        rest = word[1:]
        while rest:
            spelling, rest = f"-{rest[0]}", rest[1:]
            name = self.table.names.get(spelling)
            if name is None:
                self.unknown_flags.append(spelling)
                self.flags.setdefault(spelling, [])
            elif name in self.table.values:
                self._value(name, rest.removeprefix("=") if rest else None)
                return
            else:
                self.flags.setdefault(name, [])

    def _value(self, name: str, value: str | None) -> None:
        values = self.flags.setdefault(name, [])
        if value is not None:
            values.append(value)
        elif self.waiting and self.waiting[0] is None:
            self.waiting.pop(0)
            self.unknown_values.add(name)
        elif self.waiting and not _FLAG.match(str(self.waiting[0])):
            values.append(str(self.waiting.pop(0)))
