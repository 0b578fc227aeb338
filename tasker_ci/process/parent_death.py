"""A command that ends with us, and with it all that it has started, where the system offers it."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if sys.platform == "linux":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator

_PR_SET_PDEATHSIG = 1
"""PR_SET_PDEATHSIG(2const)"""

_LEAST_NUMBER = 100
"""From where a command gets a file that it does not know of: programs count on low numbers."""


@dataclass(frozen=True, kw_only=True)
class Lifeline:
    """What a child does before it becomes the command, and the file that it takes along."""

    us: int
    pipe: int | None = None
    """The end of a pipe whose other end is ours alone; None: only the child itself is told."""

    @property
    def files(self) -> tuple[int, ...]:
        """What the child inherits."""
        return () if self.pipe is None else (self.pipe,)

    def __call__(self) -> None:
        """Ask for SIGTERM when we are gone; called in the child, which leads a process group.

        Not SIGKILL: nextest and our own sessions then end what they have started, too.
        """
        if sys.platform == "linux" and self.pipe is not None:
            with suppress(OSError):
                fcntl.fcntl(self.pipe, fcntl.F_SETSIG, signal.SIGTERM)
                fcntl.fcntl(self.pipe, fcntl.F_SETOWN, -os.getpid())
                _set_signals(self.pipe, on=True)
        _prctl()(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != self.us:  # we were killed before it asked
            os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def lifeline(*, group: bool) -> Iterator[Lifeline | None]:
    """Tie a command to us for the block in which it runs; None where the system does not offer it.

    Linux alone does. It tells the child itself (the thread that starts the child counts, which
    therefore has to wait for it) and, with ``group``, all of its process group: a pipe that they
    inherit sends a signal when its other end is closed, and nobody but us has that (fcntl(2),
    F_SETOWN). So it also reaches what cargo has started, which does not end with cargo.
    """
    if _prctl() is None:
        yield None
        return
    pipe = _pipe() if group else None
    try:
        yield Lifeline(us=os.getpid(), pipe=pipe and pipe[0])
    finally:
        if pipe is not None:
            _set_signals(pipe[0], on=False)  # what the command leaves on purpose goes on
            for number in pipe:
                os.close(number)


def _pipe() -> tuple[int, int] | None:
    """The end for the command, under a high number, and ours; None if no file can be opened."""
    try:
        low, ours = os.pipe()
    except OSError:
        return None
    if sys.platform == "linux":
        with suppress(OSError):
            theirs = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, _LEAST_NUMBER)
            os.close(low)
            return theirs, ours
    return low, ours


def _set_signals(number: int, *, on: bool) -> None:
    if sys.platform == "linux":
        flags = fcntl.fcntl(number, fcntl.F_GETFL)
        fcntl.fcntl(number, fcntl.F_SETFL, flags | os.O_ASYNC if on else flags & ~os.O_ASYNC)


@cache
def _prctl() -> Any:
    """The function of the C library, found before any fork: a child must not import."""
    if sys.platform != "linux":
        return None
    try:
        import ctypes

        return ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None
