"""The processes of a native run: written down as they start, found again, stopped in order.

What was written down is not all there is to look for: a run that was killed has started processes
that it never wrote down, and services start others. Three traces lead to them: the record, the
variable `MARK` in their environment, and the folder they work in (PostgreSQL's children overwrite
their environment with what `ps` shows).
"""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.process_tree import DAEMONS, descendants, kill_survivors, signal_group
from tasker_ci.stack.base import FOLDER_MARK, MARK

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psutil

RECORD = "processes.jsonl"
"""The record in the run folder: one process a line, in the order in which they were started."""

_LOOK_SECONDS = 0.02
_SAME_MOMENT_SECONDS = 2.0
"""Creation times are counted from the boot, whose time moves when the clock is set."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A process that a run started; it leads a process group of its own."""

    service: str
    pid: int
    created: float
    """When it started, in seconds since the epoch: a pid is given again, this is not."""
    database: bool = False


def record(folder: Path, service: str, pid: int, *, database: bool = False) -> Recorded:
    """Write down in the run folder that ``pid`` is ``service``."""
    import psutil

    try:
        created = psutil.Process(pid).create_time()
    except psutil.Error:
        created = 0.0  # it has ended already
    entry = Recorded(service=service, pid=pid, created=created, database=database)
    line = json.dumps(asdict(entry)) + "\n"
    descriptor = os.open(folder / RECORD, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)
    return entry


def recorded(folder: Path) -> tuple[Recorded, ...]:
    """What a run has written down, the first first; a line that was cut off is left out."""
    try:
        lines = (folder / RECORD).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    found = []
    for line in lines:
        with suppress(ValueError, TypeError):
            found.append(Recorded(**json.loads(line)))
    return tuple(found)


def living(entry: Recorded) -> psutil.Process | None:
    """The process itself, None if it has ended (collected by its parent or not)."""
    import psutil

    try:
        process = psutil.Process(entry.pid)
        same = abs(process.create_time() - entry.created) < _SAME_MOMENT_SECONDS
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def marked(run: str, *, data: Path | None = None) -> list[psutil.Process]:
    """Every living process of a run by its environment, or by where it works (``data``).

    Parents come before their children. Not the daemons that others use too: sccache's server may
    have been started by the run's build.
    """
    import psutil

    found = []
    own = os.getpid()
    for process in psutil.process_iter():
        try:
            ours = _mark_of(process) == run or (data is not None and _works_in(process, data))
            if not ours or process.pid == own or process.name() in DAEMONS:
                continue
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append((process.create_time(), process.pid, process))
        except psutil.Error:
            continue
    return [process for _, _, process in sorted(found, key=lambda row: row[:2])]


def marked_runs(below: Path) -> dict[str, Path]:
    """The runs of living processes whose run folder is, or was, below a folder; by name."""
    import psutil

    found = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            environment = process.environ()
            folder = Path(environment.get(FOLDER_MARK, ""))
            ours = MARK in environment and folder.is_relative_to(below)
            if ours and process.name() not in DAEMONS:
                found[environment[MARK]] = folder
    return found


def _mark_of(process: psutil.Process) -> str:
    import psutil

    try:
        return process.environ().get(MARK, "")
    except (psutil.Error, OSError):
        return ""


def _works_in(process: psutil.Process, data: Path) -> bool:
    import psutil

    try:
        # Linux adds " (deleted)" once the folder is gone.
        return Path(process.cwd().removesuffix(" (deleted)")).is_relative_to(data)
    except (psutil.Error, OSError):
        return False


def stop_services(entries: Iterable[Recorded], *, seconds: float) -> None:
    """SIGTERM to every group, the last one first, ``seconds`` for all, then SIGKILL."""
    alive = [process for entry in reversed(tuple(entries)) if (process := living(entry))]
    below: set[psutil.Process] = set()
    for process in alive:
        below |= descendants(process.pid)
        signal_group(process.pid, signal.SIGTERM)
    _wait(alive, seconds)
    for process in alive:
        below |= descendants(process.pid)
        if process.is_running():
            signal_group(process.pid, signal.SIGKILL)
    kill_survivors({*alive, *below})


def stop_database(entry: Recorded, *, seconds: float) -> None:
    """Stop PostgreSQL: fast, then immediately, then by SIGKILL, which leaves shared memory behind.

    https://www.postgresql.org/docs/current/server-shutdown.html
    """
    process = living(entry)
    if process is None:
        return
    below = descendants(process.pid)
    for number, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 1.0)):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, number)
        if not _wait([process], patience):
            break
    kill_survivors({process, *below})


def kill_marked(run: str, *, data: Path | None = None, seconds: float = 2.0) -> None:
    """SIGKILL whatever else belongs to a run, until nothing of it is left or time is up.

    Parents first: `initdb` answers the end of a server with the next one, which leaves the shared
    memory of the first to nobody.
    """
    deadline = time.monotonic() + seconds
    while (found := marked(run, data=data)) and time.monotonic() < deadline:
        kill_survivors(found)


def _wait(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until they have ended; return those that have not in time."""
    import psutil

    def lives(process: psutil.Process) -> bool:
        try:
            return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    deadline = time.monotonic() + seconds
    alive = [process for process in processes if lives(process)]
    while alive and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        alive = [process for process in alive if lives(process)]
    return alive
