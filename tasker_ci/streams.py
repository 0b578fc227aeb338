"""Write to the standard streams, which may be closed, cut off or of a narrow encoding."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from tasker_ci.errors import AccessError, Interrupted


def write(stream: IO[str], text: str) -> None:
    """Write a line at once, whatever the stream's encoding can say.

    Raises `Interrupted` (SIGPIPE) when the reader has gone, as `| head` does: nothing more is
    written then, and the caller stops in order. Raises `AccessError` when there is no room for the
    text (a log on a full disk), and says so on standard error.
    """
    try:
        stream.write(text + "\n")
        stream.flush()
    except UnicodeEncodeError:
        encoding = getattr(stream, "encoding", None) or "ascii"
        write(stream, text.encode(encoding, "backslashreplace").decode(encoding))
    except BrokenPipeError:
        discard(stream)
        raise Interrupted(signal.SIGPIPE) from None
    except OSError as error:
        discard(stream)
        message = f"The output cannot be written: {error.strerror}."
        if sys.stderr is not None:
            with suppress(OSError):
                sys.stderr.write(f"error: {message}\n")
        raise AccessError(message, next_step="Look at where it goes to.") from error


def discard(stream: IO[str]) -> None:
    """Let all that is still written to ``stream`` go nowhere, also what is flushed at exit."""
    with nowhere() as sink:
        os.dup2(sink.fileno(), stream.fileno())


def nowhere() -> IO[str]:
    """A stream for what has no place to go, a real one that a child can be given."""
    return Path(os.devnull).open("w", encoding="utf-8")
