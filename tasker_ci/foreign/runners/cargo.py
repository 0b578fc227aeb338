"""Cargo's aliases, and programs of the workspace that cargo runs."""

from __future__ import annotations

import re
import tomllib
from functools import partial
from typing import TYPE_CHECKING

from tasker_ci.foreign.command import TOP, Commands
from tasker_ci.foreign.places import Place
from tasker_ci.foreign.runners.cargo_make import cargo_make_called
from tasker_ci.foreign.runners.programs import program_run
from tasker_ci.rust.cargo_configuration import BUILT_IN
from tasker_ci.text.toml_documents import read_toml

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from tasker_ci.foreign.runners.follower import Call, Follower, Repository
    from tasker_ci.foreign.runners.wrappers import Words

_SHORT = frozenset({"b", "c", "d", "t", "r", "rm"})
_VALUES = frozenset({"--config", "-C", "-Z", "--color", "--manifest-path", "--target-dir"})


def cargo_called(call: Call, follower: Follower) -> Commands | None:  # noqa: PLR0911 - a table
    """Follow a call of cargo where an alias or a program of the workspace stands behind it."""
    words = call.words
    at = _subcommand(words)
    if at is None:
        return None
    name = words[at]
    if name is None:
        return None
    if name in {"run", "r"}:
        return program_run(call, follower, words[at + 1 :])
    if name in BUILT_IN or name in _SHORT:
        return None
    if name == "make" and (found := cargo_make_called(call, follower, _parts(call, at + 1))):
        return found
    alias = _alias(follower.repository, call.around.folder, name)
    if alias is None:
        return None
    words_of_alias, place = alias
    if words_of_alias[:1] == (name,):
        return None
    inner = ("cargo", *words[:at], *words_of_alias, *words[at + 1 :])
    return follower.words(inner, call, place, call.around)


def _parts(call: Call, begin: int) -> tuple[str, ...]:
    """The arguments from one on, with what is known of each."""
    words = call.command.words
    return tuple(call.command.part(index) for index in range(begin + 1, len(words)))


def _subcommand(words: Words) -> int | None:
    """Where the subcommand stands."""
    index = 0
    while index < len(words):
        word = words[index]
        if word is None or not word.startswith(("-", "+")):
            return index
        index += 2 if word in _VALUES else 1
    return None


def _alias(
    repository: Repository, folder: PurePosixPath | None, name: str
) -> tuple[Words, Place] | None:
    """The words of an alias: the nearest configuration wins."""
    for around in (folder, *folder.parents) if folder is not None else (TOP,):
        for file in (around / ".cargo" / "config.toml", around / ".cargo" / "config"):
            if not repository.has(file):
                continue
            aliases = repository.once(("aliases", file), partial(_read, repository, file))
            if name in aliases:
                words, line = aliases[name]
                return words, Place(file, line)
    return None


def _read(repository: Repository, file: PurePosixPath) -> dict[str, tuple[Words, int]]:
    text = repository.text(file) or ""
    found: dict[str, tuple[Words, int]] = {}
    try:
        table = read_toml(text).get("alias")
    except tomllib.TOMLDecodeError:
        return found
    for name, value in table.items() if isinstance(table, dict) else ():
        words = value.split() if isinstance(value, str) else value
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            found[name] = (tuple(words), _line(text, name))
    return found


def _line(text: str, name: str) -> int:
    pattern = re.compile(rf"^\s*(?:alias\.)?[\"']?{re.escape(name)}[\"']?\s*=", re.MULTILINE)
    found = pattern.search(text)
    return text.count("\n", 0, found.start() + len(found[0])) + 1 if found else 1


def makers_called(call: Call, follower: Follower) -> Commands | None:
    """`makers`, the other name of `cargo make`."""
    return cargo_make_called(call, follower, _parts(call, 0))
