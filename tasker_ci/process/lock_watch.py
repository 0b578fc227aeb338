"""Says that cargo waits for another cargo's file lock, and who holds it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.process.tree import group_of as group_of_process
from tasker_ci.text.durations import duration

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_SECONDS = 4.0
"""How long a wait may last before it is said."""

_LOCKS = Path("/proc/locks")


class LockWatch:
    """An `on_tick` of a runner: looks now and then whether the child is blocked on a file lock.

    The kernel's table of locks is the source (Linux: proc_locks(5)); elsewhere nothing is seen and
    cargo's own line "Blocking waiting for file lock" has to do.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        *,
        locks: Path = _LOCKS,
        group_of: Callable[[int], int] = group_of_process,
    ) -> None:
        self._say = say
        self._locks = locks
        self._group_of = group_of
        self._blocked_since: float | None = None
        self._said = False

    def __call__(self, pid: int, age: float) -> None:
        """Look once; ``pid`` leads the child's process group, ``age`` is its age in seconds."""
        if self._said or age < PATIENCE_SECONDS / 2:
            return
        holder = blocking_process(self._locks, pid, self._group_of)
        if holder is None:
            self._blocked_since = None
        elif self._blocked_since is None:
            self._blocked_since = age
        elif age - self._blocked_since >= PATIENCE_SECONDS:
            self._said = True
            self._say(
                f"cargo has waited {duration(round(age - self._blocked_since))} for a file lock "
                f"that {holder} holds; it goes on when that process ends."
            )


def blocking_process(
    locks: Path, pid: int, group_of: Callable[[int], int] = group_of_process
) -> str | None:
    """Return who holds the lock that the process group of ``pid`` waits for, with name and pid.

    None if it waits for none. The group is asked, because `cargo clippy` and `cargo nextest` start
    a cargo of their own that does the waiting.
    """
    try:
        lines = locks.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    holder = ""
    for line in lines:
        match line.split():
            case [_, "->", _, _, _, waiter, *_] if _is_in_group(waiter, pid, group_of):
                return _named(holder)
            case [_, "->", *_]:
                continue
            case [_, _, _, _, owner, *_]:
                holder = owner
    return None


def _is_in_group(waiter: str, pid: int, group_of: Callable[[int], int]) -> bool:
    try:
        return int(waiter) == pid or group_of(int(waiter)) == pid
    except (ValueError, ProcessLookupError, PermissionError):
        return False


def _named(pid: str) -> str:
    import psutil

    try:
        process = psutil.Process(int(pid))
        return f"`{' '.join(process.cmdline()[:3]) or process.name()}` (pid {pid})"
    except (ValueError, psutil.Error):  # gone, or in another container: the table says 0 or -1
        return "another process"
