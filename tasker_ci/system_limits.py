"""How many processes and threads this user may have: what it means when no more can be started."""

from __future__ import annotations

import errno
import os
from pathlib import Path

HOW_TO_RAISE = "Let this user start more processes and open more files: `ulimit -u`, `ulimit -n`."

FEW = 64
"""Cargo, rustc with its threads and a linker side by side want as many."""

_CGROUP = Path("/sys/fs/cgroup/pids.max")
_BUSY = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE})


def process_limit(cgroup: Path = _CGROUP) -> int | None:
    """The most processes and threads that may run here at once; None if nothing limits them."""
    found = [*_of_user(), *_of_container(cgroup)]
    return min(found, default=None)


def few_processes(limit: int | None) -> str:
    """A sentence without its stop if the limit is too low for cargo; "" else."""
    if limit is None or limit >= FEW:
        return ""
    return f"This user may have only {limit} processes and threads at once"


def why_none_starts(error: BaseException) -> str | None:
    """What keeps processes or threads from being started, as a sentence; None for other errors.

    Python has no class of its own for a thread that cannot be started.
    """
    if isinstance(error, MemoryError):
        return "No memory is left."
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        what = "No more threads can be started"
    elif isinstance(error, OSError) and error.errno in _BUSY:
        what = error.strerror or str(error)
    else:
        return None
    limit = process_limit()
    most = "" if limit is None else f" (at most {limit} processes and threads at once)"
    return f"{what}{most}."


def _of_user() -> list[int]:
    try:
        import resource
    except ImportError:  # Windows
        return []
    soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    # Root is not held to it: https://man7.org/linux/man-pages/man2/getrlimit.2.html
    return [] if soft == resource.RLIM_INFINITY or os.geteuid() == 0 else [soft]


def _of_container(cgroup: Path) -> list[int]:
    try:
        return [int(cgroup.read_text(encoding="ascii"))]
    except (OSError, ValueError):  # none, or "max"
        return []
