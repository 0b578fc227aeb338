"""What a command leaves running after its end: found, named, ended."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.process.start import oldest_first
from tasker_ci.process.tree import DAEMONS, group_of, kill_survivors, named, still_living

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil

    from tasker_ci.process.command import Command, Completed

MARK = "_TASKER_CI_COMMAND"
"""The variable by which a process is known to be of a command, whatever session it made."""

_PATIENCE_SECONDS = 0.5
"""For what ends by itself, as nextest has it for a test (`leak-timeout`)."""

_GRACE_SECONDS = 2.0


def marked(command: Command) -> Command:
    """The same command with a mark of its own, which its children inherit."""
    mark = secrets.token_hex(8)
    return replace(command, environment={**command.environment, MARK: mark})


def watched(command: Command) -> bool:
    """Whether whoever runs the command looks himself for what it leaves behind."""
    return MARK in command.environment


def end_left_behind(command: Command, completed: Completed | None) -> tuple[str, ...]:
    """End what a `marked` command has left running; return the command lines, the oldest first.

    It is known by its mark, by the process group of the command, or because it holds the command's
    output. What ends by itself in a moment was not left, and neither were daemons that others use
    too. ``completed`` is None for a command that was stopped.
    """
    left = still_living(_left(command.environment[MARK], completed), _PATIENCE_SECONDS)
    names = dict(completed.held_by) if completed else {}  # ended meanwhile: nobody reads the pipe
    for pid in oldest_first(process.pid for process in left):
        names.setdefault(pid, named(pid))
    for process in left:
        _terminate(process)
    kill_survivors(left, grace=_GRACE_SECONDS)
    return tuple(names.values())


def _left(mark: str, completed: Completed | None) -> Iterator[psutil.Process]:
    import psutil

    group = completed.group if completed else 0
    held_by = completed.held_by if completed else {}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            ours = process.pid in held_by or (bool(group) and group_of(process.pid) == group)
            if (ours or process.environ().get(MARK) == mark) and process.name() not in DAEMONS:
                yield process


def _terminate(process: psutil.Process) -> None:
    import psutil

    with suppress(psutil.Error):
        process.terminate()
