"""Write to the standard streams, which may be closed, cut off or of a narrow encoding."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tasker_ci.errors import AccessError, Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable


SIGPIPE = 13
"""By its number, because Windows has no such signal: a reader that has gone, as `| head` does."""


def has_letters(stream: IO[str], letters: str) -> bool:
    """Whether a stream's encoding has these letters."""
    try:
        letters.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def write(stream: IO[str], text: str, end: str = "\n") -> OSError | None:
    """Write a line at once, whatever the stream's encoding can say; return why that failed.

    A stream that fails is dropped: what is written to it from now on goes nowhere.
    """
    encoding = getattr(stream, "encoding", None) or "ascii"
    try:
        if _is_blocking(stream):
            stream.write(text + end)
            stream.flush()
        else:
            stream.flush()
            _write_patiently(stream.fileno(), (text + end).encode(encoding, "backslashreplace"))
    except UnicodeEncodeError:
        return write(stream, text.encode(encoding, "backslashreplace").decode(encoding), end)
    except OSError as error:
        discard(stream)
        return error
    return None


def flush(stream: IO[str]) -> OSError | None:
    """Write what still waits in the stream; return why that failed, the stream is dropped then."""
    try:
        stream.flush()
    except OSError as error:
        discard(stream)
        return error
    return None


def _is_blocking(stream: IO[str]) -> bool:
    """Whether writing waits for room; another program may have set the terminal to do otherwise."""
    if sys.platform == "win32":
        return True
    try:
        return os.get_blocking(stream.fileno())
    except (OSError, ValueError):  # no file, or closed: writing says so
        return True


def _write_patiently(number: int, data: bytes) -> None:
    """Write to a file that raises where it is full."""
    while data:
        try:
            data = data[os.write(number, data) :]
        except BlockingIOError:
            select.select([], [number], [], 1.0)


def settle() -> OSError | None:
    """Flush both standard streams, so that nothing is left to fail at exit; return why one failed.

    Python would end with its own exit code (120) there.
    """
    lost = None
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            lost = flush(stream) or lost
    return lost


def lost_output(error: OSError) -> AccessError | Interrupted:
    """The error for output that could not be written: a reader that has gone interrupts."""
    if error.errno == errno.EPIPE:
        return Interrupted(SIGPIPE)
    message = f"The output cannot be written: {error.strerror}."
    return AccessError(message, next_step="Look at where it goes to.", exit_code=1)


def discard(stream: IO[str]) -> None:
    """Let all that is still written to ``stream`` go nowhere, also what is flushed at exit."""
    with suppress(OSError, ValueError):
        number, sink = stream.fileno(), os.open(os.devnull, os.O_WRONLY)
        if sink != number:  # it is where the number was closed and is the first that is free
            os.dup2(sink, number)
            os.close(sink)


def nowhere() -> IO[str]:
    """A stream for what has no place to go, a real one that a child can be given."""
    return Path(os.devnull).open("w", encoding="utf-8")


def open_closed_streams() -> None:
    """Let standard streams that were closed before we started lead nowhere.

    Else the next file that anybody opens takes the number, and gets what children print.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003


class DrawingStream(io.TextIOBase):
    """A stream as a file for a library that draws on it; ``lose`` hears of the first failure."""

    def __init__(self, stream: IO[str], lose: Callable[[IO[str], OSError], None]) -> None:
        self._stream = stream
        self._lose = lose

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return str(getattr(self._stream, "encoding", None) or "ascii")

    def write(self, text: str) -> int:
        error = write(self._stream, text, end="")
        if error is not None:
            self._lose(self._stream, error)
        return len(text)

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()
