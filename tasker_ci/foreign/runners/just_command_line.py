"""The command line of `just`: which recipes it asks for, and of which file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.unknown import UNKNOWN
from tasker_ci.foreign.runners.paths import inside

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from tasker_ci.foreign.runners.follower import Call, Follower

NAMES = ("justfile", ".justfile", "Justfile", "JUSTFILE")
_VALUES = {"-f", "--justfile", "-d", "--working-directory", "--shell", "--dotenv-path", "--color"}
_QUESTIONS = {"-l", "--list", "--summary", "--evaluate", "--fmt", "--dump", "-n", "--dry-run"}
_QUESTIONS |= {"--version", "--help", "--show", "-s", "--variables", "--groups", "--choose"}


@dataclass(kw_only=True)
class Asked:
    folder: PurePosixPath | None
    file: str | None = None
    words: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    question: bool = False


def asked_of(call: Call) -> Asked:
    """What a call asks for."""
    asked = Asked(folder=call.around.folder)
    parts = [call.command.part(index) for index in range(1, len(call.command.words))]
    at = 0
    while at < len(parts) and (parts[at].startswith("-") or parts[at] == ""):
        word = parts[at]
        at += 1
        flag, equals, value = word.partition("=")
        if flag == "--set":
            asked.variables[parts[at] if at < len(parts) else ""] = (
                parts[at + 1] if at + 1 < len(parts) else UNKNOWN
            )
            at += 2
        elif flag in _QUESTIONS:
            asked.question = True
        elif flag in _VALUES:
            if not equals:
                value = parts[at] if at < len(parts) else ""
                at += 1
            if flag in {"-f", "--justfile"}:
                asked.file = value
            elif flag in {"-d", "--working-directory"}:
                asked.folder = inside(value, call.around.folder)
    rest = parts[at:]
    while rest and (found := re.fullmatch(r"([A-Za-z_][\w-]*)=(.*)", rest[0], re.DOTALL)):
        asked.variables[found[1]] = found[2]
        rest = rest[1:]
    asked.words = rest
    return asked


def file_of(call: Call, follower: Follower, asked: Asked) -> PurePosixPath | None:
    """The justfile that it means: the named one, else the nearest upwards; None for none."""
    has = follower.repository.has
    if asked.file:
        path = inside(asked.file, call.around.folder)
        return path if path is not None and has(path) else None
    if asked.folder is None:
        return None
    for around in (asked.folder, *asked.folder.parents):
        for name in NAMES:
            if has(around / name):
                return around / name
    return None
