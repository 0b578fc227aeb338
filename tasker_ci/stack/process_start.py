"""When a process started, so that no step of the clock makes another one of it.

A pid is given again. Linux counts a process's start in ticks since the boot and names each boot
(proc_pid_stat(5), field 22; proc_sys_kernel(5), random/boot_id). macOS keeps the moment itself,
which a later step of the clock does not change; psutil hands it on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_SAME_MOMENT_SECONDS = 2.0
"""How far two moments may be apart that were read from a clock."""

_START_FIELD = 19
"""The place of field 22 behind the name of the program, which may hold anything."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """The start of one process."""

    created: float = 0.0
    """Seconds since the epoch; on Linux the clock has a part in it."""
    ticks: int = 0
    boot: str = ""
    """The boot that the ticks count from; "" where the system counts none."""

    def is_same(self, other: Start) -> bool:
        """Whether both are the start of one process; the clock decides only without ticks."""
        if self.boot and other.boot:
            return (self.boot, self.ticks) == (other.boot, other.ticks)
        return abs(self.created - other.created) < _SAME_MOMENT_SECONDS


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


def _ticks(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
        return int(text.rpartition(b")")[2].split()[_START_FIELD])
    except (OSError, ValueError, IndexError):
        return 0


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
