"""The processes of a native run: written down as they start, and found again.

What was written down is not all there is to look for: a run that was killed has started processes
that it never wrote down, and services start others. Three traces lead to them: the record, the
variable `MARK` in their environment, and the folder they work in (PostgreSQL's children overwrite
their environment with what `ps` shows).
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.process.start import ProcessStart, start_of
from tasker_ci.process.tree import DAEMONS
from tasker_ci.stack.base import FOLDER_MARK, MARK
from tasker_ci.stack.log_writer import WRITER_MARK
from tasker_ci.text.file_reading import read_own
from tasker_ci.text.file_writing import PRIVATE, open_file

if TYPE_CHECKING:
    from collections.abc import Collection

    import psutil

RECORD = "processes.jsonl"
"""The record in the run folder: one process a line, in the order in which they were started."""

SERVER_NAMES = frozenset({"postgres", "initdb", "postmaster"})
_OUTPUT = frozenset({1, 2})
_LARGEST_PID = 2**31


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A process that a run started; it leads a process group of its own."""

    service: str
    pid: int
    created: float
    """When it started, in seconds since the epoch: a pid is given again, this is not."""
    database: bool = False
    ticks: int = 0
    """With ``boot``: the same moment, without a clock (`process.start.ProcessStart`)."""
    boot: str = ""

    @property
    def start(self) -> ProcessStart:
        """When it started."""
        return ProcessStart(created=self.created, ticks=self.ticks, boot=self.boot)


def record(folder: Path, service: str, pid: int, *, database: bool = False) -> Recorded:
    """Write down in the run folder that ``pid`` is ``service``."""
    start = start_of(pid) or ProcessStart()  # it may have ended already
    entry = Recorded(
        service=service,
        pid=pid,
        created=start.created,
        database=database,
        ticks=start.ticks,
        boot=start.boot,
    )
    with open_file(folder / RECORD, append=True, mode=PRIVATE) as file:
        file.write(json.dumps(asdict(entry)).encode() + b"\n")
    return entry


def recorded(folder: Path) -> tuple[Recorded, ...]:
    """What a run has written down, the first first.

    A line that was cut off is left out, and so is one that names no process of ours: 0, 1 and
    negative numbers stand for others in the call that sends a signal.
    """
    try:
        lines = read_own(folder / RECORD).splitlines()
    except (OSError, ValueError):
        return ()
    found = []
    for line in lines:
        with suppress(ValueError, TypeError, RecursionError):
            found.append(_sound(Recorded(**json.loads(line))))
    return tuple(found)


def _sound(entry: Recorded) -> Recorded:
    numbers = (entry.pid, entry.ticks)
    if not all(type(number) is int for number in numbers) or not 1 < entry.pid < _LARGEST_PID:
        raise ValueError("no process of ours")
    if not isinstance(entry.service, str) or not isinstance(entry.boot, str):
        raise TypeError("a service has a name")
    if type(entry.created) not in {int, float} or not isinstance(entry.database, bool):
        raise TypeError("a process has a start")
    return entry


def living(entry: Recorded) -> psutil.Process | None:
    """The process itself, None if it has ended (collected by its parent or not)."""
    import psutil

    start = start_of(entry.pid)
    if start is None or not start.is_same(entry.start):
        return None
    try:
        return psutil.Process(entry.pid)
    except psutil.Error:
        return None


def own(
    entry: Recorded, folder: Path, run: str, *, homes: Collection[Path] = ()
) -> psutil.Process | None:
    """The process if it lives and a trace of the run is on it: a record alone can be forged.

    The traces are the mark in its environment and, for programs that clear or overwrite that, the
    writer of the run's logs that it prints to and the run's data that it works in. Never ourselves,
    nor who called us.
    """
    process = living(entry)
    if process is None or process.pid in _ourselves():
        return None
    traced = (
        _has_marks(process, run, homes)
        or _prints_into(process, run, homes)
        or _is_server_in(process, folder)
    )
    return process if traced else None


def marked(
    run: str, *, homes: Collection[Path] = (), data: Path | None = None
) -> list[psutil.Process]:
    """Every living process of a run by its environment, or PostgreSQL's that work in ``data``.

    ``homes`` are the places where the run folder is or was: a folder with the name of another run
    is no way to that run's processes.
    Not the writers of its logs, which end once nobody has anything to say.
    Parents come before their children. Not the daemons that others use too: sccache's server may
    have been started by the run's build. Nor ourselves and who called us, nor a shell in which
    somebody looks at ``data``.
    """
    return [each for each in _marked(run, homes, data) if not _is_writer(each)]


def _marked(run: str, homes: Collection[Path], data: Path | None = None) -> list[psutil.Process]:
    import psutil

    found = []
    ourselves = _ourselves()
    for process in psutil.process_iter():
        try:
            ours = _has_marks(process, run, homes) or (
                data is not None and _is_server_in(process, data)
            )
            if not ours or process.pid in ourselves or process.name() in DAEMONS:
                continue
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append((process.create_time(), process.pid, process))
        except psutil.Error:
            continue
    return [process for _, _, process in sorted(found, key=lambda row: row[:2])]


def _has_marks(process: psutil.Process, run: str, homes: Collection[Path]) -> bool:
    import psutil

    try:
        environment = process.environ()
    except (psutil.Error, OSError):
        return False
    home = environment.get(FOLDER_MARK)
    elsewhere = homes and home is not None and Path(home) not in homes
    return environment.get(MARK) == run and not elsewhere


def _is_server_in(process: psutil.Process, data: Path) -> bool:
    import psutil

    try:
        # Linux adds " (deleted)" once the folder is gone.
        works = Path(process.cwd().removesuffix(" (deleted)")).is_relative_to(data)
        return works and process.name() in SERVER_NAMES
    except (psutil.Error, OSError):
        return False


def _prints_into(process: psutil.Process, run: str, homes: Collection[Path]) -> bool:
    """Whether its output is the pipe of a writer of the run's logs."""
    pipes = {_pipe(each.pid, 0) for each in writers(run, homes=homes)} - {None}
    return any(_pipe(process.pid, number) in pipes for number in _OUTPUT)


def _pipe(pid: int, number: int) -> str | None:
    """The pipe that a process has open under a number; None if it is none or cannot be seen."""
    try:
        name = os.readlink(f"/proc/{pid}/fd/{number}")  # noqa: PTH115 - it names no path
    except OSError:
        return None
    return name if name.startswith("pipe:") else None


def _ourselves() -> set[int]:
    """Our own process and all those that it was called by."""
    import psutil

    try:
        return {os.getpid(), *(each.pid for each in psutil.Process().parents())}
    except psutil.Error:
        return {os.getpid()}


def writers(run: str, *, homes: Collection[Path] = ()) -> list[psutil.Process]:
    """The living writers of a run's logs."""
    return [each for each in _marked(run, homes) if _is_writer(each)]


def _is_writer(process: psutil.Process) -> bool:
    import psutil

    try:
        return WRITER_MARK in process.environ()
    except (psutil.Error, OSError):
        return False
