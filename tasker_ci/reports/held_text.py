"""Texts of reports that are held in a file without a name, so that a large report fits in memory.

What tests print makes up most of a large report, and little of it is ever looked at. So it is
written down while reports are read, and read back where it is shown or merged. Where nothing can
be written it stays in memory.
"""

from __future__ import annotations

import tempfile
import zlib
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

LEAST_CHARACTERS = 500
"""A shorter text stays in memory."""

WAITING_BYTES = 512 * 1024
"""So much of long texts stays in memory before it is written down; all of most reports."""

OVERLAP_BYTES = 256 * 1024
"""Of a window with the one before: no search looks at more at once."""

_CHUNK_BYTES = 1024 * 1024
_CONTINUED = bytes(range(0x80, 0xC0))
"""The bytes of UTF-8 with which no character begins."""


class HeldText:
    """A text that may not be in memory; `str` reads it."""

    __slots__ = ("_hash", "_more", "_size", "_start", "_store")

    def __init__(self, store: TextStore, content: bytes, known_hash: int) -> None:
        self._store = store
        self._start = store.write(content)
        self._size = len(content)
        self._more: tuple[tuple[int, int], ...] = ()
        """Further pieces, as their begin and size."""
        self._hash = known_hash

    def __str__(self) -> str:
        return b"".join(self.chunks()).decode("utf-8", "replace")

    def __repr__(self) -> str:
        return repr(str(self))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return str(self) == other
        if not isinstance(other, HeldText):
            return NotImplemented
        return self is other or (
            self.size == other.size and b"".join(self.chunks()) == b"".join(other.chunks())
        )

    def __lt__(self, other: Text) -> bool:
        return str(self) < str(other)

    def __gt__(self, other: Text) -> bool:
        return str(self) > str(other)

    def __hash__(self) -> int:
        return self._hash

    @property
    def size(self) -> int:
        """In bytes."""
        return self._size + sum(size for _, size in self._more)

    def chunks(self) -> Iterator[bytes]:
        """Its bytes in UTF-8, a piece at a time; a piece may end within a character."""
        for start, size in ((self._start, self._size), *self._more):
            for place in range(start, start + size, _CHUNK_BYTES):
                yield self._store.read(place, min(_CHUNK_BYTES, start + size - place))

    def windows(self) -> Iterator[tuple[str, bool]]:
        """Its text in pieces that overlap, each with whether it is the last one."""
        before, left = b"", self.size
        for chunk in self.chunks():
            content = before + chunk
            left -= len(chunk)
            yield content.decode("utf-8", "ignore"), not left  # half a character at either end
            before = content[-OVERLAP_BYTES:]

    def middle_out(self, characters: int) -> tuple[str, int, str]:
        """So many characters of its beginning and of its end, and how many lie between."""
        head = tail = b""
        count = 0
        for chunk in self.chunks():
            if len(head) < 4 * characters:
                head += chunk
            tail = (tail + chunk)[-4 * characters :]
            count += len(chunk.translate(None, _CONTINUED))
        begin = head.decode("utf-8", "ignore")[:characters]
        return begin, count - 2 * characters, tail.decode("utf-8", "ignore")[-characters:]

    def add(self, content: bytes) -> None:
        """Write more of it down."""
        if content:
            self._more += ((self._store.write(content), len(content)),)

    def end(self) -> None:
        """Leave out the blanks at its end, and make its hash that of what it holds."""
        pieces = [(self._start, self._size), *self._more]
        while pieces:
            start, size = pieces.pop()
            while size:
                begin = max(0, size - _CHUNK_BYTES)
                text = self._store.read(start + begin, size - begin).decode("utf-8", "ignore")
                blank = len(text.encode()) - len(text.rstrip().encode())
                size -= blank or 0
                if blank < len(text.encode()):
                    break
            if size:
                pieces.append((start, size))
                break
        (self._start, self._size), *more = pieces or [(0, 0)]
        self._more = tuple(more)
        self.seal()

    def seal(self) -> None:
        """Make its hash that of what it holds."""
        check = 0
        for chunk in self.chunks():
            check = zlib.crc32(chunk, check)
        self._hash = hash((self.size, check))


Text = str | HeldText


class TextStore:
    """Where texts are written down; the file is gone with the last of them."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._written = 0
        self._waiting = bytearray()
        self._fails = False

    def kept(self, text: str) -> Text:
        """The text itself, or the same written down."""
        if len(text) < LEAST_CHARACTERS:
            return text
        return HeldText(self, text.encode("utf-8", "replace"), hash(text))

    def write(self, content: bytes) -> int:
        """Keep it at the end; returns where it begins."""
        start = self._written + len(self._waiting)
        self._waiting += content
        if len(self._waiting) >= WAITING_BYTES and not self._fails:
            self._flush()
        return start

    def _flush(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - as long as this
            self._file.seek(self._written)
            while self._waiting:
                count = self._file.write(self._waiting)
                del self._waiting[:count]
                self._written += count
        except OSError:  # no room: from here on it stays in memory
            self._fails = True

    def read(self, start: int, size: int) -> bytes:
        """What was written there. Raises `OSError` if the system cannot read it back."""
        parts = []
        if self._file is not None and start < self._written:
            self._file.seek(start)
            wanted = min(size, self._written - start)
            while wanted:
                part = self._file.read(wanted)
                if not part:
                    raise OSError("a text of the report cannot be read back")
                parts.append(part)
                wanted -= len(part)
                start += len(part)
                size -= len(part)
        if size:
            begin = start - self._written
            parts.append(bytes(self._waiting[begin : begin + size]))
        return b"".join(parts)

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()


def beginning(text: Text, characters: int) -> str:
    """So many characters of its beginning, or all of it."""
    return text[:characters] if isinstance(text, str) else text.middle_out(characters)[0]


def is_blank(text: Text) -> bool:
    """Whether there is nothing to see in it."""
    return isinstance(text, str) and not text.strip()


def contains(pattern: re.Pattern[str], text: Text) -> bool:
    """Whether a pattern is anywhere in it."""
    if isinstance(text, str):
        return pattern.search(text) is not None
    return any(pattern.search(window) for window, _ in text.windows())


def joined_texts(texts: Iterator[Text]) -> Text:
    """Several texts, each in lines of its own; one alone as it is."""
    found = [*texts]
    return found[0] if len(found) == 1 else "\n".join(map(str, found))
