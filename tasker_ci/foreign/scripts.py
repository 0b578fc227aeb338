"""The commands of a script in a foreign workflow that do something."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.shell import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.shell import ShellCommand

_NO_WORK = {
    *("set", "shopt", "cd", "pushd", "popd", "echo", "printf", "export", "true", ":", "exit"),
    *("sleep", "((", "unset", "declare", "readonly", "local", "read", "wait"),
    *("return", "break", "continue", "shift", "trap", "false", "let"),
}
"""Commands that do nothing by themselves."""

_CHECKS = {"test", "[", "[["}
"""Commands that fail a step by themselves, unless they only decide on another one."""

_PASSES_ON = {"cat", "tee", "true"}
"""Commands that do nothing with what a pipe brings them but print it."""

_SUBSTITUTION = re.compile(r"\$\([^(]|`")
_VERSION = re.compile(r"(--version|-[vV]+|version)( --verbose| -v+)?")


def works(command: ShellCommand) -> bool:
    """Whether a command does something that a pipeline may be about."""
    if any(part[:1] and part[0] not in _NO_WORK | _PASSES_ON for part in command.piped_to):
        return True
    if not command.words:
        return bool(_SUBSTITUTION.search(command.text))
    name, *rest = command.words
    if name in _CHECKS:
        return command.always and not command.decides
    return name not in _NO_WORK and not _VERSION.fullmatch(" ".join(rest) or "-")


def writes(command: ShellCommand) -> bool:
    """Whether a command puts something into a file, which may be what its step is there for."""
    return bool(command.written_to) or any("tee" in part for part in command.piped_to)


def commands_of(script: str) -> Iterator[str]:
    """The commands of a script that do something, each on one line; the first one if none does."""
    found = list(commands(script))
    yield from [each.text for each in found if works(each)] or [each.text for each in found[:1]]
