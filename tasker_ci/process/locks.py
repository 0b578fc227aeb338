"""Locks between processes: one holds it, the others wait and say so."""

from __future__ import annotations

import errno
import math
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasker_ci.errors import AccessError
from tasker_ci.text.home_folder import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

NEWS_SECONDS = 60.0
"""How often a long wait is said again: a job without output looks as if it hangs."""


_LOOK_SECONDS = 0.05


@contextmanager
def alone(
    file: Path,
    say: Callable[[str], None],
    waiting: str,
    *,
    pause: Callable[[float], None],
    seconds: float = math.inf,
    required: bool = False,
) -> Iterator[str | None]:
    """Hold the lock ``file`` within the block; the kernel frees it however the process ends.

    Yields None, or the reason why this machine gives no lock: then the block runs without one.
    With ``required`` that raises `OSError` instead. ``waiting`` is said while another process
    holds the lock, and ``pause`` waits so many seconds: what it raises ends the wait. Raises
    `AccessError` after ``seconds`` of that. ``file`` belongs in the user's
    own folders (`lock_file`): a clone can bring links, and the project gets no file of ours.
    """
    from filelock import FileLock, Timeout

    # The soft lock that filelock falls back to is a file, which stays after SIGKILL.
    lock = FileLock(file, fallback_to_soft=False)
    missing: str | None = None
    end = time.monotonic() + seconds
    said = -math.inf
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        while not lock.is_locked:
            try:
                lock.acquire(blocking=False)
            except Timeout:
                now = time.monotonic()
                if now >= end:
                    message = f"Another process has held {file} for {seconds:.0f} s."
                    next_step = "Look whether it hangs or was stopped (Ctrl-Z), and end it."
                    raise AccessError(message, next_step=next_step) from None
                if now - said >= NEWS_SECONDS:
                    say(waiting)
                    said = now
                pause(_LOOK_SECONDS)
    except (OSError, NotImplementedError) as error:  # the latter: a file system without locks
        missing = getattr(error, "strerror", None) or str(error) or os.strerror(errno.ENOLCK)
        if required:
            raise OSError(errno.ENOLCK, missing, str(file)) from error
    try:
        yield missing
    finally:
        lock.release()


def load_before_threads() -> None:
    """Load what looks at every fork: loaded in the middle of another thread's, it would fail."""
    import filelock  # noqa: F401


def lock_file(environment: Mapping[str, str], kind: str, place: Path) -> Path:
    """The lock of ``kind`` for ``place``: a file in the user's cache folder."""
    import hashlib

    name = hashlib.sha256(os.fsencode(os.path.realpath(place))).hexdigest()[:16]
    return cache_folder(environment) / "tasker-ci" / "locks" / f"{kind}-{name}.lock"
