"""What a command leaves running after its end: found, named, ended."""

from __future__ import annotations

import os
import secrets
import shlex
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.process_tree import DAEMONS, kill_survivors, still_living

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil

    from tasker_ci.process import Command

MARK = "_TASKER_CI_COMMAND"
"""The variable by which a process is known to be of a command, whatever session it made."""

_PATIENCE_SECONDS = 0.5
"""For what ends by itself, as nextest has it for a test (`leak-timeout`)."""

_GRACE_SECONDS = 2.0
_CHARACTERS = 100


def marked(command: Command) -> Command:
    """The same command with a mark of its own, which its children inherit."""
    mark = secrets.token_hex(8)
    return replace(command, environment={**command.environment, MARK: mark})


def end_left_behind(command: Command, group: int = 0) -> tuple[str, ...]:
    """End what a `marked` command has left, or its process group has; return the command lines.

    What ends by itself in a moment was not left, and neither were daemons that others use too.
    """
    left = still_living(_left(command.environment[MARK], group), _PATIENCE_SECONDS)
    named = tuple(_named(process) for process in left)
    for process in left:
        _terminate(process)
    kill_survivors(left, grace=_GRACE_SECONDS)
    return named


def _left(mark: str, group: int) -> Iterator[psutil.Process]:
    import psutil

    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            ours = bool(group) and os.getpgid(process.pid) == group
            if (ours or process.environ().get(MARK) == mark) and process.name() not in DAEMONS:
                yield process


def _named(process: psutil.Process) -> str:
    import psutil

    try:
        words = process.cmdline()
    except psutil.Error:
        words = []
    line = shlex.join(words) or f"process {process.pid}"
    return line if len(line) <= _CHARACTERS else f"{line[: _CHARACTERS - 1]}…"


def _terminate(process: psutil.Process) -> None:
    import psutil

    with suppress(psutil.Error):
        process.terminate()
