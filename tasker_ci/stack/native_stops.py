"""The processes of a native run are stopped in order, or at once."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from tasker_ci.process.tree import descendants, kill_survivors, signal_group
from tasker_ci.stack.native_processes import SERVER_NAMES, marked, writers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    import psutil


_LOOK_SECONDS = 0.02


def _no_hurry() -> bool:
    """Nobody is impatient."""
    return False


def stop_services(
    processes: Iterable[psutil.Process],
    *,
    seconds: float,
    impatient: Callable[[], bool] = _no_hurry,
) -> None:
    """SIGTERM to every group, the last one first, ``seconds`` for all, then SIGKILL.

    The processes are those that `own` has found. Once somebody is ``impatient`` the time is over.
    """
    alive = list(reversed(tuple(processes)))
    below: set[psutil.Process] = set()
    for process in alive:
        below |= descendants(process.pid)
        signal_group(process.pid, signal.SIGTERM)
    _wait(alive, seconds, impatient)
    for process in alive:
        below |= descendants(process.pid)
        if process.is_running():
            signal_group(process.pid, signal.SIGKILL)
    kill_survivors({*alive, *below})


def stop_database(
    process: psutil.Process, *, seconds: float, impatient: Callable[[], bool] = _no_hurry
) -> None:
    """Stop PostgreSQL: fast, then immediately, then by SIGKILL, which leaves shared memory behind.

    Who is ``impatient`` gets it immediately, which takes moments and leaves nothing.
    https://www.postgresql.org/docs/current/server-shutdown.html
    """
    below = descendants(process.pid)
    for number, patience, hurry in (
        (signal.SIGINT, seconds, impatient),
        (signal.SIGQUIT, 1.0, _no_hurry),
    ):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, number)
        if not _wait([process], patience, hurry):
            break
    kill_survivors({process, *below})


def stop_marked(
    run: str,
    *,
    homes: Collection[Path] = (),
    seconds: float,
    impatient: Callable[[], bool] = _no_hurry,
) -> None:
    """Stop a run by its marks alone, a server of PostgreSQL first: it clears up after itself."""
    import psutil

    for process in marked(run, homes=homes):
        with suppress(psutil.Error):
            if process.name() in SERVER_NAMES and process.is_running():
                stop_database(process, seconds=seconds, impatient=impatient)
    kill_marked(run, homes=homes)


def kill_marked(
    run: str,
    *,
    homes: Collection[Path] = (),
    data: Path | None = None,
    seconds: float = 2.0,
) -> None:
    """SIGKILL whatever else belongs to a run, until nothing of it is left or time is up.

    Parents first: `initdb` answers the end of a server with the next one, which leaves the shared
    memory of the first to nobody.
    """
    deadline = time.monotonic() + seconds
    while (found := marked(run, homes=homes, data=data)) and time.monotonic() < deadline:
        kill_survivors(found)


def finish_writers(run: str, *, homes: Collection[Path] = (), seconds: float = 2.0) -> None:
    """Wait for the writers of a run's logs, whose services are gone, then end them."""
    deadline = time.monotonic() + seconds
    while left := writers(run, homes=homes):
        if time.monotonic() >= deadline:
            kill_survivors(left)
            return
        time.sleep(_LOOK_SECONDS)


def _wait(
    processes: Iterable[psutil.Process], seconds: float, impatient: Callable[[], bool]
) -> list[psutil.Process]:
    """Wait until they have ended; return those that have not in time."""
    import psutil

    def lives(process: psutil.Process) -> bool:
        try:
            return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    deadline = time.monotonic() + seconds
    alive = [process for process in processes if lives(process)]
    while alive and time.monotonic() < deadline and not impatient():
        time.sleep(_LOOK_SECONDS)
        alive = [process for process in alive if lives(process)]
    return alive
