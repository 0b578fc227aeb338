"""Stop a child with everything below it, whatever process groups its descendants made."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psutil

KILL: int = getattr(signal, "SIGKILL", signal.SIGTERM)
"""The signal that nothing survives; on Windows each that a process can be sent is one."""

KILL_SECONDS = 1.0
"""How long the kernel may take to end what was killed."""

_LOOK_SECONDS = 0.02
_CHARACTERS = 100

DAEMONS = frozenset({"sccache"})
"""Programs that outlive who started them: others use them too."""


def signal_group(pid: int, number: int) -> None:
    """Send a signal to the process group that ``pid`` leads; nothing if it is gone.

    Windows has none: there Ctrl-C reaches all that share a console by itself, and anything else
    ends ``pid`` with everything below it.
    """
    if sys.platform == "win32":
        if number != signal.SIGINT:
            kill_survivors({*descendants(pid), *_itself(pid)})
        return
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _itself(pid: int) -> set[psutil.Process]:
    import psutil

    try:
        return {psutil.Process(pid)}
    except psutil.Error:
        return set()


def group_of(pid: int) -> int:
    """The process group of a process; on Windows, which has none, its own number.

    Raises `OSError` for one that is not there.
    """
    if sys.platform == "win32":
        return pid
    return os.getpgid(pid)


def descendants(pid: int) -> set[psutil.Process]:
    """All living processes below ``pid``."""
    import psutil

    try:
        return set(psutil.Process(pid).children(recursive=True))
    except psutil.Error:
        return set()


def kill_survivors(processes: Iterable[psutil.Process], *, grace: float = 0.0) -> None:
    """SIGKILL what still lives of ``processes`` after ``grace`` seconds, not shared daemons.

    Returns when they are gone, so that nobody finds them afterwards.
    """
    import psutil

    for process in (alive := still_living(processes, grace)):
        with suppress(psutil.Error):
            process.kill()
    still_living(alive, KILL_SECONDS)


def still_living(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until ``processes`` have ended; return those that have not in time.

    One that has ended and is not yet collected by its parent has ended.
    """
    deadline = time.monotonic() + seconds
    alive = [process for process in processes if _lives(process)]
    while alive and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        alive = [process for process in alive if _lives(process)]
    return alive


def _lives(process: psutil.Process) -> bool:
    import psutil

    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.name() not in DAEMONS
    except psutil.Error:
        return False


def is_daemon(pid: int) -> bool:
    """Whether it is one of the programs that others use too."""
    import psutil

    try:
        return psutil.Process(pid).name() in DAEMONS
    except psutil.Error:
        return False


def named(pid: int) -> str:
    """The command line of a process, not too long, or its number if it has none."""
    import psutil

    try:
        words = psutil.Process(pid).cmdline()
    except psutil.Error:
        words = []
    line = shlex.join(words) or f"process {pid}"
    return line if len(line) <= _CHARACTERS else f"{line[: _CHARACTERS - 1]}…"


def kill_tree(pid: int) -> None:
    """SIGKILL ``pid``'s process group and everything below it."""
    below = descendants(pid)
    signal_group(pid, KILL)
    kill_survivors(below)


def stop_tree(process: subprocess.Popen[bytes], *, grace: float) -> None:
    """SIGTERM, ``grace`` seconds, SIGKILL: for the process group and everything below it."""
    below = descendants(process.pid)
    signal_group(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=grace)
    except subprocess.TimeoutExpired:
        below |= descendants(process.pid)
        signal_group(process.pid, KILL)
        process.wait()
    kill_survivors(below)
