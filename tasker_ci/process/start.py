"""When a process started, so that no step of the clock makes another one of it.

A pid is given again. Linux counts a process's start in ticks since the boot and names each boot
(proc_pid_stat(5), field 22; proc_sys_kernel(5), random/boot_id), and each container counts its
processes by itself (pid_namespaces(7)). macOS keeps the moment itself, which a later step of the
clock does not change; psutil hands it on.
"""

from __future__ import annotations

import math
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SAME_MOMENT_SECONDS = 2.0
"""How far two moments may be apart that were read from a clock."""

_START_FIELD = 19
"""The place of field 22 behind the name of the program, which may hold anything; 0 is the state."""

_PROCESSES = Path("/proc")
_FIRST_NAMESPACE = "pid:[4026531836]"
"""That of the machine itself, from which the processes of every container are seen."""


@dataclass(frozen=True, kw_only=True)
class ProcessStart:
    """The start of one process."""

    created: float = 0.0
    """Seconds since the epoch; on Linux the clock has a part in it."""
    ticks: int = 0
    boot: str = ""
    """The boot that the ticks count from, ``@`` and who counts the processes; empty without."""

    def is_same(self, other: ProcessStart) -> bool:
        """Whether both are the start of one process; the clock decides only without ticks."""
        if self.boot and other.boot:
            return (self.boot, self.ticks) == (other.boot, other.ticks)
        return abs(self.created - other.created) < _SAME_MOMENT_SECONDS

    @property
    def text(self) -> str:
        """The start as a text that no other process of the machine has."""
        return f"{self.ticks}@{self.boot}" if self.boot else f"{self.created:.2f}"


def start_of(pid: int) -> ProcessStart | None:
    """When a process started; None if it is gone, or has ended and is not collected yet."""
    if sys.platform == "win32" or not (_PROCESSES / "self" / "stat").exists():
        return _moment_of(pid)
    try:
        words = (_PROCESSES / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        state, ticks = words[0], int(words[_START_FIELD])
    except (OSError, ValueError, IndexError):
        return None
    if state in {b"Z", b"X"}:
        return None
    created = _boot_moment() + ticks / os.sysconf("SC_CLK_TCK")
    return ProcessStart(created=created, ticks=ticks, boot=_boot())


def oldest_first(pids: Iterable[int]) -> list[int]:
    """The processes in the order in which they started: a number says nothing, it is given again.

    One that is gone comes last.
    """

    def moment(pid: int) -> float:
        start = start_of(pid)
        return math.inf if start is None else start.created

    return sorted(pids, key=moment)


def is_elsewhere(start: ProcessStart, *, processes: Path = _PROCESSES) -> bool:
    """Whether a process was started in another container of this machine that may still run.

    Its number means nothing here, and from within a container nobody sees the others.
    """
    boot, _, namespace = start.boot.partition("@")
    here, _, ours = _boot().partition("@")
    if not namespace or not ours or boot != here or namespace == ours:
        return False
    if ours != _FIRST_NAMESPACE:
        return True
    return any(_namespace(each) == namespace for each in processes.glob("[0-9]*"))


def _moment_of(pid: int) -> ProcessStart | None:
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return ProcessStart(created=process.create_time())
    except (psutil.Error, ValueError, OverflowError):
        return None


def _boot_moment() -> float:
    """When the machine was started, by its clock of today (proc_stat(5), ``btime``)."""
    with suppress(OSError, ValueError):
        for line in (_PROCESSES / "stat").read_text(encoding="ascii").splitlines():
            if line.startswith("btime "):
                return float(line.split()[1])
    return 0.0


def _boot() -> str:
    try:
        boot = (_PROCESSES / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
    return f"{boot}@{_namespace(_PROCESSES / 'self') or ''}"


def _namespace(process: Path) -> str | None:
    """The pid namespace of a process; None if that cannot be seen."""
    with suppress(OSError):
        return os.readlink(process / "ns" / "pid")  # noqa: PTH115 - it names no path
    return None
