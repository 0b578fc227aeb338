"""Stop a child with everything below it, whatever process groups its descendants made."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psutil

_DAEMONS = frozenset({"sccache"})
"""Programs that outlive who started them: others use them too."""


def signal_group(pid: int, number: int) -> None:
    """Send a signal to the process group that ``pid`` leads; nothing if it is gone."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def descendants(pid: int) -> set[psutil.Process]:
    """All living processes below ``pid``."""
    import psutil

    try:
        return set(psutil.Process(pid).children(recursive=True))
    except psutil.Error:
        return set()


def kill_survivors(processes: Iterable[psutil.Process], *, grace: float = 0.0) -> None:
    """SIGKILL what still lives of ``processes`` after ``grace`` seconds, not shared daemons."""
    import psutil

    _, alive = psutil.wait_procs(list(processes), timeout=grace)
    for process in alive:
        try:
            if process.name() not in _DAEMONS:
                process.kill()
        except psutil.Error:
            continue


def kill_tree(pid: int) -> None:
    """SIGKILL ``pid``'s process group and everything below it."""
    below = descendants(pid)
    signal_group(pid, signal.SIGKILL)
    kill_survivors(below)


def stop_tree(process: subprocess.Popen[bytes], *, grace: float) -> None:
    """SIGTERM, ``grace`` seconds, SIGKILL: for the process group and everything below it."""
    below = descendants(process.pid)
    signal_group(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=grace)
    except subprocess.TimeoutExpired:
        below |= descendants(process.pid)
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
    kill_survivors(below)
