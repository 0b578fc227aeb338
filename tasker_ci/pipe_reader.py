"""Reads what a child prints, line by line, while somebody else waits for its end."""

from __future__ import annotations

import threading
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_DRAIN_SECONDS = 1.0


class PipeReader:
    """Reads a pipe to its end in a thread, or nothing where there is no pipe.

    The pipe is emptied whatever happens: a full one would block the child for ever. What
    ``on_line`` raises is kept for `check`, in the thread that waits for the child.
    """

    def __init__(self, stream: IO[bytes] | None, on_line: Callable[[str], None] | None) -> None:
        self._on_line = on_line
        self._lines: list[str] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        if stream is not None:
            self._thread.start()

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for raw in stream:
                line = raw.decode("utf-8", errors="replace")
                self._lines.append(line)
                if self._on_line is not None and self._error is None:
                    try:
                        self._on_line(line.rstrip("\r\n"))
                    except BaseException as error:  # noqa: BLE001 - raised again by `check`
                        self._error = error

    def check(self) -> None:
        """Raise what ``on_line`` raised, if it did."""
        if self._error is not None:
            raise self._error

    def finish(self) -> None:
        """Wait while lines come; not for a stranger who keeps the pipe open and says nothing."""
        read = -1
        while self._thread.is_alive() and read < len(self._lines):
            read = len(self._lines)
            self._thread.join(timeout=_DRAIN_SECONDS)

    @property
    def text(self) -> str:
        """All that has been read."""
        return "".join(self._lines)
