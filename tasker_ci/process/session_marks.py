"""What a killed session leaves running: known by a mark in its environment, ended by `down --all`.

Every command that a session runs carries who started it (`OWNER`) and for which project. Services
carry marks of their own, because they may stay when their session has ended.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.process.start import ProcessStart, start_of
from tasker_ci.process.tree import DAEMONS, kill_survivors, named, still_living
from tasker_ci.text.file_reading import is_gone
from tasker_ci.text.moved_folders import is_same_folder, is_still_there, number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psutil

OWNER = "_TASKER_CI_SESSION"
PROJECT = "_TASKER_CI_PROJECT"
PROJECT_NUMBER = "_TASKER_CI_PROJECT_NUMBER"
"""The project's folder by its number, which tells it from one that lies there later."""

_MARKS = frozenset({OWNER, PROJECT, PROJECT_NUMBER})

SESSION_SECONDS = 20.0
"""How long a session that a killed `ci` left may take: it removes its stack."""

COMMAND_SECONDS = 2.0
"""How long any other command may take to stop."""

_ROUNDS = 5
"""What is ended may have started something meanwhile, which is looked for again."""

_OF_THE_USER = DAEMONS | {
    "dbus-daemon",
    "dirmngr",
    "git-credential-cache--daemon",
    "gpg-agent",
    "keyboxd",
    "ssh-agent",
    "watchman",
}
"""Programs that a command starts for everything that this user does."""


def session_marks(project: Path) -> dict[str, str]:
    """The variables for every command of the session that this process is."""
    start = start_of(os.getpid()) or ProcessStart()
    return {
        OWNER: f"{os.getpid()}:{start.text}",
        PROJECT: str(project),
        PROJECT_NUMBER: number_of(project) or "",
    }


def without_marks(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of something that may outlive the session."""
    return {name: value for name, value in environment.items() if name not in _MARKS}


def orphans(project: Path) -> list[psutil.Process]:
    """Find this user's processes that were started by sessions of a project that are gone.

    Also of one that lay elsewhere before it was moved: what runs in it works here now. A project
    that was deleted belongs to nobody, so what it left counts as well.
    """
    import psutil

    own = {os.getpid(), *(each.pid for each in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid in own or not _is_ours(process):
                continue
            environment = process.environ()
            owner = environment.get(OWNER, "")
            named, number = environment.get(PROJECT, ""), environment.get(PROJECT_NUMBER, "")
            if owner and _is_of(process, Path(named), number, project) and not _lives(owner):
                found.append(process)
    return found


def end_orphans(project: Path) -> tuple[str, ...]:
    """End what `orphans` finds; return the command lines.

    Sessions first, because they know how to end what is theirs.
    """
    ended: dict[int, str] = {}
    for _ in range(_ROUNDS):
        found = orphans(project)
        if not found:
            break
        sessions = [process for process in found if _is_session(process)]
        for process in found:
            ended.setdefault(process.pid, named(process.pid))
        _end(sessions, SESSION_SECONDS)
        _end([process for process in found if process not in sessions], COMMAND_SECONDS)
    return tuple(ended.values())


def _end(processes: list[psutil.Process], seconds: float) -> None:
    import psutil

    for process in processes:
        with suppress(psutil.Error):
            process.terminate()
    kill_survivors(still_living(processes, seconds))


def _is_ours(process: psutil.Process) -> bool:
    import psutil

    if sys.platform != "win32" and process.uids().real != os.getuid():
        return False
    return process.status() != psutil.STATUS_ZOMBIE and process.name() not in _OF_THE_USER


def _is_of(process: psutil.Process, named: Path, number: str, project: Path) -> bool:
    """Whether a process is of a project, which its marks name as it was at the start."""
    if is_same_folder(named, number, project):
        return True
    if is_still_there(named, number):
        return False
    place = Path(process.cwd())  # Linux follows a folder that is moved
    return place.is_relative_to(project) or is_gone(place)


def _is_session(process: psutil.Process) -> bool:
    import psutil

    with suppress(psutil.Error):
        words = process.cmdline()
        return words[2:4] == ["-m", "tasker_ci"] or words[1:3] == ["-m", "tasker_ci"]
    return False


def _lives(owner: str) -> bool:
    """Whether the process of a mark still runs; True where that cannot be seen from here."""
    pid, _, text = owner.partition(":")
    here = start_of(os.getpid()) or ProcessStart()
    if not pid.isdecimal() or text.partition("@")[2] != here.boot:
        return True  # no mark of ours, or one of another container, whose numbers are not ours
    start = start_of(int(pid))
    return start is not None and start.text == text
