"""Read XML from a file that nobody vouches for: piece by piece, in bounded memory, no entities."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol
from xml.parsers import expat

from tasker_ci.errors import ReportError
from tasker_ci.text.file_reading import open_to_read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AGAIN = "Run the session again; a report is written when the tests have run."
_CHUNK_BYTES = 1024 * 1024
_BUFFER_BYTES = 64 * 1024
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}encoding=["']([A-Za-z][\w.-]{0,30})["']""")
_ENCODINGS = re.compile(
    r"us-ascii|(iso-?8859-|windows-|cp)\d+|koi8-\w|euc-\w+|shift_jis|gb\w+|big5", re.IGNORECASE
)
"""Those that a report may declare beside UTF-8 and UTF-16; others of Python's are no encodings of
text, or take their time."""

_UTF_8 = "utf-8-sig"
_BETWEEN_CHARACTERS = (b"", 0)
"""The state of a decoder that has read its beginning and no part of a character."""

_CONTROLS = bytes(each for each in range(32) if each not in b"\t\n\r")

_PENDING_BYTES = 4 * 1024 * 1024
"""expat reads an unfinished tag again with every piece; from here on pieces grow with it."""

_NEXT_DOCUMENT = {
    expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT],
    expat.errors.codes[expat.errors.XML_ERROR_MISPLACED_XML_PI],
}


class EventTarget(Protocol):
    """What takes the events of a document, in their order."""

    ended: int
    """How many documents have ended."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins; its tag may have the prefix of a namespace."""

    def data(self, text: str) -> None:
        """A piece of text."""

    def end(self, tag: str) -> None:
        """An element ends."""


def parse(file: Path, target: EventTarget) -> str:
    """Hand the events of ``file`` to ``target``; returns the digest of its bytes.

    Several documents one after another are read as one sequence: libtest's `--format junit` prints
    one for each test binary. Raises `ReportError` when the file is absent, empty, no XML or has a
    document type declaration, which is refused because of its entities.
    """
    digest = hashlib.sha256()
    try:
        parser = _Parser(target)
        first = True
        for content in _contents(file, digest):
            if first and not content.lstrip().startswith(b"<"):
                message = f"The report {file} is no JUnit document: it does not begin with <."
                raise ReportError(message, next_step=AGAIN)
            first = False
            parser.feed(content)
        parser.close()
    except _DocumentType as error:
        message = f"The report {file} has a document type declaration, which is refused."
        raise ReportError(message, next_step=AGAIN) from error
    except (expat.ExpatError, ValueError) as error:
        message = f"The report {file} is no JUnit document: {error}."
        raise ReportError(message, next_step=AGAIN) from error
    return digest.hexdigest()


def _contents(file: Path, digest: hashlib._Hash) -> Iterator[bytes]:
    """The text of a file in UTF-8 without what XML cannot hold, a piece at a time."""
    try:
        with open_to_read(file) as stream:
            if os.fstat(stream.fileno()).st_size == 0:
                message = f"The report {file} cannot be used: it has 0 bytes."
                raise ReportError(message, next_step=AGAIN)
            encoding = _encoding(stream.peek(_CHUNK_BYTES))
            decoder = codecs.getincrementaldecoder(encoding)()
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
                between = encoding == _UTF_8 and decoder.getstate() == _BETWEEN_CHARACTERS
                if between and chunk.isascii():  # as most reports are
                    yield chunk.translate(None, _CONTROLS)
                else:
                    yield _printable(decoder.decode(chunk))
            yield _printable(decoder.decode(b"", final=True))
    except FileNotFoundError as error:
        message = f"There is no report at {file}."
        raise ReportError(message, next_step="Give the path of a JUnit file.") from error
    except (OSError, UnicodeError) as error:
        message = f"The report {file} cannot be read: {error}."
        raise ReportError(message, next_step=AGAIN) from error


def _printable(text: str) -> bytes:
    """UTF-8 without what XML cannot hold, which nextest lets through (U+FFFE)."""
    content = text.encode("utf-8", "ignore").translate(None, _CONTROLS)
    return content.replace(b"\xef\xbf\xbe", b"").replace(b"\xef\xbf\xbf", b"")


def _encoding(beginning: bytes) -> str:
    """The encoding of a document by its first bytes, UTF-8 where they name none that is known.

    https://www.w3.org/TR/xml/#sec-guessing
    """
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for start, name in ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be")):
        if beginning.startswith(start):
            return name
    declared = _DECLARED.match(beginning)
    name = declared[1].decode("ascii") if declared else ""
    if _ENCODINGS.fullmatch(name):
        with suppress(LookupError):
            return codecs.lookup(name).name
    return _UTF_8


class _DocumentType(Exception):
    """The document declares its type."""


class _Parser:
    """expat, which begins anew where a document ends and another follows."""

    def __init__(self, target: EventTarget) -> None:
        self._target = target
        self._begin()

    def _begin(self) -> None:
        self._expat = expat.ParserCreate("utf-8")  # what the file declares is decoded already
        self._expat.buffer_text = True
        self._expat.buffer_size = _BUFFER_BYTES
        self._expat.StartElementHandler = self._target.start
        self._expat.EndElementHandler = self._target.end
        self._expat.CharacterDataHandler = self._target.data
        self._expat.StartDoctypeDeclHandler = self._raise_for_document_type
        self._before = self._target.ended
        self._fed = 0
        self._previous = b""
        self._held: list[bytes] = []
        self._awaited = 0

    @staticmethod
    def _raise_for_document_type(*_: object) -> None:
        raise _DocumentType

    def feed(self, content: bytes) -> None:
        """Hand on a piece, or hold it until it is worth reading a long tag again."""
        self._held.append(content)
        self._awaited -= len(content)
        if self._awaited <= 0:
            self._parse(b"".join(self._held))

    def _parse(self, content: bytes) -> None:
        self._held = []
        while True:
            try:
                self._expat.Parse(content, False)  # noqa: FBT003 - expat takes no keywords
            except expat.ExpatError as error:
                complete = self._target.ended > self._before
                if not complete or error.code not in _NEXT_DOCUMENT:
                    raise
                known = self._previous + content
                rest = known[self._expat.ErrorByteIndex - self._fed + len(self._previous) :]
                self._begin()
                content = rest
                continue
            self._fed += len(content)
            self._previous = content
            pending = self._fed - self._expat.CurrentByteIndex
            self._awaited = pending if pending > _PENDING_BYTES else 0
            return

    def close(self) -> None:
        self._parse(b"".join(self._held))
        self._expat.Parse(b"", True)  # noqa: FBT003
