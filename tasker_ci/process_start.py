"""When a process started, so that no step of the clock makes another one of it.

A pid is given again. Linux counts a process's start in ticks since the boot and names each boot
(proc_pid_stat(5), field 22; proc_sys_kernel(5), random/boot_id), and each container counts its
processes by itself (pid_namespaces(7)). macOS keeps the moment itself, which a later step of the
clock does not change; psutil hands it on.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SAME_MOMENT_SECONDS = 2.0
"""How far two moments may be apart that were read from a clock."""

_START_FIELD = 19
"""The place of field 22 behind the name of the program, which may hold anything."""

_PROCESSES = Path("/proc")
_FIRST_NAMESPACE = "pid:[4026531836]"
"""That of the machine itself, from which the processes of every container are seen."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """The start of one process."""

    created: float = 0.0
    """Seconds since the epoch; on Linux the clock has a part in it."""
    ticks: int = 0
    boot: str = ""
    """The boot that the ticks count from, ``@`` and who counts the processes; "" without ticks."""

    def is_same(self, other: Start) -> bool:
        """Whether both are the start of one process; the clock decides only without ticks."""
        if self.boot and other.boot:
            return (self.boot, self.ticks) == (other.boot, other.ticks)
        return abs(self.created - other.created) < _SAME_MOMENT_SECONDS

    @property
    def text(self) -> str:
        """The start as a text that no other process of the machine has."""
        return f"{self.ticks}@{self.boot}" if self.boot else f"{self.created:.2f}"


def start_of(pid: int) -> Start | None:
    """When a process started; None if it is gone, or has ended and is not collected yet."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        created = process.create_time()
    except (psutil.Error, ValueError, OverflowError):
        return None
    ticks, boot = _ticks(pid), _boot()
    return Start(created=created, ticks=ticks, boot=boot if ticks else "")


def is_elsewhere(start: Start, *, processes: Path = _PROCESSES) -> bool:
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


def _ticks(pid: int) -> int:
    try:
        text = (_PROCESSES / str(pid) / "stat").read_bytes()
        return int(text.rpartition(b")")[2].split()[_START_FIELD])
    except (OSError, ValueError, IndexError):
        return 0


def _boot() -> str:
    try:
        boot = (_PROCESSES / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
    return f"{boot}@{_namespace(_PROCESSES / 'self')}"


def _namespace(process: Path) -> str:
    """The pid namespace of a process; "" if that cannot be seen."""
    with suppress(OSError):
        return os.readlink(process / "ns" / "pid")  # noqa: PTH115 - it names no path
    return ""
