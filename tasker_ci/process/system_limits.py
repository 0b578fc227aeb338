"""What this user may take of the machine, and what it means when that is too little."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HOW_TO_MAKE_ROOM = (
    "Make room there: `cargo clean` in the workspace, or CARGO_TARGET_DIR on another disk."
)
HOW_TO_RAISE = "Let this user start more processes and open more files: `ulimit -u`, `ulimit -n`."

_HOW_TO_FREE = "Give it more memory: end other programs, or raise the limit of a container."

FEW = 64
"""Cargo, rustc with its threads and a linker side by side want as many."""

_MEBIBYTE = 1 << 20

_LEAST = {
    "RLIMIT_NOFILE": (64, 1, "open only {} files at once", "-n"),
    "RLIMIT_AS": (1024, _MEBIBYTE, "use only {} MiB of memory", "-v"),
    "RLIMIT_STACK": (1024, 1024, "have a stack of only {} KiB", "-s"),
    "RLIMIT_FSIZE": (64, _MEBIBYTE, "write only {} MiB into one file", "-f"),
    "RLIMIT_CPU": (60, 1, "compute for only {} s", "-t"),
}
"""Limits of one process: how much Rust's programs want of what, and how a shell sets it.

The compiler with LLVM alone takes 300 MiB of addresses.
"""

_CGROUP = Path("/sys/fs/cgroup/pids.max")
_BUSY = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE})


def process_limit(cgroup: Path = _CGROUP) -> int | None:
    """The most processes and threads that may run here at once; None if nothing limits them."""
    found = [*_of_user(), *_of_container(cgroup)]
    return min(found, default=None)


def low_limits(*, of_user: int | None, of_process: Callable[[str], int]) -> tuple[str, str] | None:
    """Which limits are too low for Rust: a sentence without its stop, and the next step.

    None if none is. ``of_user`` is the number of processes, ``of_process`` gives the limit of
    the system's that has this name; a negative one is none.
    """
    found = [
        (f"{words.format(limit // unit)} (`ulimit {flag}`)", flag)
        for name, (least, unit, words, flag) in _LEAST.items()
        if 0 <= (limit := of_process(name)) < least * unit
    ]
    if of_user is not None and of_user < FEW:
        found.append((f"start only {of_user} processes and threads at once (`ulimit -u`)", "-u"))
    if not found:
        return None
    wanted = ", ".join(f"`ulimit {flag}`" for _, flag in found)
    said = " and ".join(words for words, _ in found)
    return f"A program of this user may {said}", f"Raise the limit: {wanted}."


def limits_here() -> tuple[str, str] | None:
    """What `low_limits` says of this process and its children."""
    return low_limits(of_user=process_limit(), of_process=_of_process)


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


def how_to_raise(error: BaseException) -> str:
    """The next step after what `why_none_starts` says of an error."""
    memory = isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM
    if not memory:
        return HOW_TO_RAISE
    limited = _of_process("RLIMIT_AS") >= 0
    return "Let this user use more memory: `ulimit -v`." if limited else _HOW_TO_FREE


def _of_process(name: str) -> int:
    if sys.platform == "win32":
        return -1
    import resource

    soft, _ = resource.getrlimit(getattr(resource, name))
    return -1 if soft == resource.RLIM_INFINITY else soft


def _of_user() -> list[int]:
    if sys.platform == "win32":
        return []
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    # Root is not held to it: https://man7.org/linux/man-pages/man2/getrlimit.2.html
    return [] if soft == resource.RLIM_INFINITY or os.geteuid() == 0 else [soft]


def _of_container(cgroup: Path) -> list[int]:
    try:
        return [int(cgroup.read_text(encoding="ascii"))]
    except (OSError, ValueError):  # none, or "max"
        return []
