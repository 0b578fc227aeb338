"""What a stream printed: the beginning and the end in memory, all of it in a file if it is long."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandFailed, UnsafePlace
from tasker_ci.text.file_writing import whole_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HEAD_BYTES = 1 << 20
TAIL_BYTES = 1 << 20
"""As much of the beginning and of the end of an output stays in memory."""

_PART_BYTES = 1 << 20

ANSWER_BYTES = 256 << 20
"""A longer answer than this is no answer: a program that is asked something prints too much."""


class WholeOutput:
    """All of a long output in a temporary file without a name, which goes with this object."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="tasker-ci-")  # noqa: SIM115 - lives on

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            with suppress(OSError):
                self._file.close()

    def write(self, data: bytes) -> None:
        """Add to its end."""
        self._file.write(data)

    def parts(self) -> Iterator[bytes]:
        """All of it from the beginning, in parts of any size."""
        self._file.seek(0)
        while part := self._file.read(_PART_BYTES):
            yield part

    def _lines(self) -> Iterator[bytes]:
        """All of it in parts that end with a line, unless a line is longer than a part."""
        begun = b""
        for part in self.parts():
            whole, newline, begun = (begun + part).rpartition(b"\n")
            yield whole + newline
            if len(begun) > _PART_BYTES:
                yield begun
                begun = b""
        yield begun

    def save(
        self, file: Path, *, within: Path, hide: Callable[[str], str] = lambda text: text
    ) -> bool:
        """Write it to a file with a name, in ``within``; whether that went well.

        ``hide`` takes out of whole lines what nobody may read.
        """
        try:
            with whole_file(file, within=within) as out:
                for lines in self._lines():
                    shown = hide(lines.decode("utf-8", "surrogateescape"))
                    out.write(shown.encode("utf-8", "surrogateescape"))
        except (OSError, UnsafePlace):
            return False
        return True


class KeptOutput:
    """Takes in bytes; keeps head and tail, and everything in a temporary file once that is more.

    Without room for the file, or without ``file``, the middle is lost.
    """

    def __init__(
        self, *, head: int = HEAD_BYTES, tail: int = TAIL_BYTES, file: bool = True
    ) -> None:
        self._limits = head, tail
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0
        self._file: WholeOutput | None = None
        self._no_file = not file

    def add(self, data: bytes) -> None:
        """Take in more."""
        most_head, most_tail = self._limits
        room = most_head - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if not data:
            return
        self._tail += data
        if len(self._tail) > 2 * most_tail:
            if self._file is None and not self._no_file:
                self._begin_file(bytes(self._tail))
            else:
                self._write(data)
            drop = len(self._tail) - most_tail
            self._dropped += drop
            del self._tail[:drop]
        elif self._file is not None:
            self._write(data)

    def _begin_file(self, tail: bytes) -> None:
        try:
            self._file = WholeOutput()
        except OSError:
            self._no_file = True
            return
        self._write(bytes(self._head))
        self._write(tail)

    def _write(self, data: bytes) -> None:
        if self._file is None:
            return
        try:
            self._file.write(data)
        except OSError:  # no room: what is in memory has to do
            self._file, self._no_file = None, True

    @property
    def cut(self) -> bool:
        """Whether the text leaves something out."""
        return self._dropped > 0

    @property
    def text(self) -> str:
        """All of it, or head and tail with a line between them that says how much is left out."""
        if not self._dropped:
            return (self._head + self._tail).decode("utf-8", errors="replace")
        head = bytes(self._head).rpartition(b"\n")[0] or bytes(self._head)
        tail = bytes(self._tail).partition(b"\n")[2] or bytes(self._tail)
        left_out = self._dropped + len(self._head) + len(self._tail) - len(head) - len(tail)
        note = f"\n[… {left_out / 1e6:.1f} MB left out here …]\n"
        return head.decode("utf-8", errors="replace") + note + tail.decode("utf-8", "replace")

    def whole(self) -> WholeOutput | None:
        """Everything, in a file; None unless the text leaves something out."""
        return self._file if self._dropped else None


class WholeAnswer(KeptOutput):
    """Keeps all of it: another program's answer, which makes no sense in part.

    `add` raises `CommandFailed` once it is longer than any answer.
    """

    def __init__(self, command: str, *, most: int = ANSWER_BYTES) -> None:
        super().__init__(head=most, tail=0)
        self._command = command

    def add(self, data: bytes) -> None:
        if len(self._head) + len(data) > self._limits[0]:
            self._head.clear()
            message = f"`{self._command}` prints more than {self._limits[0] >> 20} MiB."
            raise CommandFailed(message, next_step="Run it by itself and look at what it prints.")
        super().add(data)


def log_folder(target_directory: Path) -> Path:
    """Where long outputs are left that were not shown whole."""
    return target_directory / "tasker-ci" / "logs"


def every_line(text: str, whole: WholeOutput | None) -> Iterator[str]:
    """The lines of an output, without their ends: from the file if the text leaves some out."""
    if whole is None:
        yield from text.splitlines()
        return
    begun = b""
    for part in whole.parts():
        *lines, begun = (begun + part).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", errors="replace").rstrip("\r")
    if begun:
        yield begun.decode("utf-8", errors="replace")


def contains(wanted: str, text: str, whole: WholeOutput | None) -> bool:
    """Whether an output has these words in it, also where the text leaves something out."""
    if whole is None:
        return wanted in text
    searched = wanted.encode("utf-8", errors="replace")
    end = b""
    for part in whole.parts():
        if searched in end + part:
            return True
        end = (end + part)[-len(searched) :] if searched else b""
    return not searched
