"""Wait for the end of a child without missing a moment of it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def waiting_for(process: subprocess.Popen[bytes]) -> Iterator[Callable[[float], bool]]:
    """Yield a function that waits so many seconds for the end, and says whether it has come.

    Linux wakes us at the end (pidfd_open(2)). `Popen.wait` with a timeout looks for it at growing
    intervals, up to 50 ms, which is longer than most questions take.
    """
    if sys.platform != "linux":
        yield partial(_ended_within, process)
        return
    try:
        descriptor = os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # an old kernel, or too many open files
        yield partial(_ended_within, process)
        return
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)

        def ended(seconds: float) -> bool:
            poll.poll(seconds * 1000)
            return process.poll() is not None

        yield ended
    finally:
        os.close(descriptor)


def _ended_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
