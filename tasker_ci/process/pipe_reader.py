"""Reads what a child prints, block by block, while somebody else waits for its end."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tasker_ci.process.start import oldest_first
from tasker_ci.process.tree import is_daemon, named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tasker_ci.process.kept_output import KeptOutput

DRAIN_SECONDS = 2.0
"""How long after the child's end another process may hold the pipe before nobody listens to it."""

_FOREIGN_BYTES = 16 << 20
"""So much of what another process prints meanwhile is enough, too."""

_LOOK_SECONDS = 0.02
_BLOCK_BYTES = 1 << 16
_LINE_BYTES = 8 << 20
"""A longer line is handed on in parts: a line without an end is not kept whole."""

_PROCESSES = Path("/proc")


class PipeReader:
    """Reads a pipe to its end in a thread, or nothing where there is no pipe.

    The pipe is emptied whatever happens: a full one would block the child for ever. ``on_text``
    gets whole lines, many at once, without the end of the last. What it raises is kept for
    `check`, in the thread that waits for the child.
    """

    def __init__(
        self,
        stream: IO[bytes] | None,
        kept: KeptOutput,
        on_text: Callable[[str], None] | None,
    ) -> None:
        self.kept = kept
        self._stream = stream
        self._on_text = on_text
        self._begun = bytearray()
        self._received = 0
        self._processed = 0
        self._wanted = 0
        self._abandoned = False
        self._ended = False
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        if stream is not None:
            self._thread.start()

    def _read(self) -> None:
        if self._stream is None:
            return
        descriptor = self._stream.fileno()
        while (data := os.read(descriptor, _BLOCK_BYTES)) and not self._abandoned:
            self._received += len(data)
            self._do(self._take, data)
            self._processed = self._received
        self._do(self._end)
        with self._lock:
            self._ended = True
            if self._abandoned:
                self._stream.close()

    def _do(self, work: Callable[..., None], *arguments: bytes) -> None:
        if self._error is None:
            try:
                work(*arguments)
            except BaseException as error:  # noqa: BLE001 - raised again by `check`
                self._error = error

    def _take(self, data: bytes) -> None:
        self.kept.add(data)
        if self._on_text is None:
            return
        whole, newline, begun = data.rpartition(b"\n")
        if newline:
            self._hand_on(bytes(self._begun) + whole)
            self._begun = bytearray(begun)
        else:
            self._begun += begun
            if len(self._begun) > _LINE_BYTES:
                self._end()

    def _end(self) -> None:
        if self._begun and self._on_text is not None:
            self._hand_on(bytes(self._begun))
        self._begun.clear()

    def _hand_on(self, lines: bytes) -> None:
        if self._on_text is not None and not self._abandoned:
            self._on_text(lines.decode("utf-8", errors="replace"))

    def check(self) -> None:
        """Raise what ``on_text`` raised, if it did."""
        if self._error is not None:
            raise self._error

    @property
    def reading(self) -> bool:
        """Whether the end of the pipe has not come yet."""
        return self._thread.is_alive()

    @property
    def pipe(self) -> str | None:
        """What Linux calls the pipe where it lists the files that a process has open."""
        if self._stream is None:
            return None
        try:
            return f"pipe:[{os.fstat(self._stream.fileno()).st_ino}]"
        except (OSError, ValueError):
            return None

    def join(self, seconds: float) -> None:
        """Wait so long for the end of the pipe."""
        self._thread.join(timeout=seconds)

    def child_ended(self) -> None:
        """What lies in the pipe now is the child's own; what comes later may be another's."""
        self._wanted = self._received + self._waiting()

    def _waiting(self) -> int:
        """How many bytes lie in the pipe."""
        if sys.platform == "win32" or self._stream is None:
            return 0
        import fcntl
        import termios

        try:
            answer = fcntl.ioctl(self._stream.fileno(), termios.FIONREAD, b"\0" * 4)
        except (OSError, ValueError):
            return 0
        return int.from_bytes(answer, sys.byteorder)

    def has_all_of_the_child(self) -> bool:
        """Whether all that the child itself has printed is read and handed on."""
        idle = self._processed == self._received and not self._waiting()
        return self._processed >= self._wanted or idle

    @property
    def flooded(self) -> bool:
        """Whether another process prints more than anybody wants to read."""
        return self._processed > self._wanted + _FOREIGN_BYTES

    def close(self) -> None:
        """Stop listening; the thread closes the pipe at the next byte that comes, if it lives."""
        with self._lock:
            self._abandoned = True
            if self._stream is not None and self._ended:
                self._stream.close()


def drain(readers: Iterable[PipeReader], stop: Callable[[], bool]) -> dict[int, str]:
    """Read what a child that has ended printed last; return who holds its pipes: pid, command line.

    The end of a pipe comes when nobody can write to it any more. What the child itself has printed
    is always read, unless ``stop`` says so; what others print is waited for `DRAIN_SECONDS` and not
    longer, as they may never end. Who they are is known on Linux alone.
    """
    readers = tuple(readers)
    for reader in readers:
        reader.child_ended()
    deadline = time.monotonic() + DRAIN_SECONDS
    while open_ones := [reader for reader in readers if reader.reading]:
        if stop():
            break
        late = time.monotonic() >= deadline or any(reader.flooded for reader in open_ones)
        if late and all(reader.has_all_of_the_child() for reader in open_ones):
            break
        open_ones[0].join(_LOOK_SECONDS)
    pipes = {pipe for reader in open_ones if (pipe := reader.pipe) is not None}
    held_by = _holders(pipes) if pipes else {}
    for reader in readers:
        reader.close()
    return held_by


def _holders(pipes: set[str]) -> dict[int, str]:
    found = []
    for folder in _PROCESSES.glob("[0-9]*/fd"):
        pid = int(folder.parent.name)
        if pid == os.getpid():
            continue
        try:
            names = {str(each.readlink()) for each in folder.iterdir()}
        except OSError:  # it has ended, or is another user's
            continue
        if pipes & names and not is_daemon(pid):
            found.append(pid)
    return {pid: named(pid) for pid in oldest_first(found)}
