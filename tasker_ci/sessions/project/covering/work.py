"""Which commands of a foreign script do something that a pipeline may be about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasker_ci.foreign.written_steps import WrittenCommand

_NO_WORK = {
    *("echo", "printf", "true", "false", ":", "sleep", "exit", "test", "[", "[[", "date", "ls"),
    *("read", "wait", "set", "export", "cd"),
}
"""Programs that do nothing by themselves."""

_PASSES_ON = {"cat", "tee", "true"}
"""Programs that do nothing with what a pipe brings them but print it."""

_VERSION = re.compile(r"(--version|-[vV]+|version)( --verbose| -v+)?")
_ENDS = re.compile(r"\s*(?:;|&&|\|\|)\s*")
_WRITES = re.compile(r"(?<![0-9&<>=-])>>?(?![&>(])|\btee\b")


def works(written: WrittenCommand, script: Sequence[WrittenCommand]) -> bool:
    """Whether a command of a script does something; the end of a pipe belongs to its begin."""
    command = written.command
    name, *rest = command.words or (None,)
    if name in _NO_WORK:
        return False
    if name in _PASSES_ON and rest[:1] != ["-"]:
        return False
    for other in script:
        before = other.command
        if before.place == command.place and command.words in before.piped_to:
            return before.words[:1] in {("echo",), ("printf",), ("cat",)}
    return not _VERSION.fullmatch(" ".join(word or "" for word in rest) or "-")


def line_that_writes(script: str) -> str:
    """The first line that puts something into a file, which may be what its step is there for."""
    for line in script.splitlines():
        if not line.strip().startswith("#"):
            for part in _ENDS.split(line.strip()):
                if _WRITES.search(part):
                    return part
    return ""
