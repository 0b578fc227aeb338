"""Read one JUnit file of any dialect, test by test, so that a large one takes little memory."""

from __future__ import annotations

import codecs
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn
from xml.etree import ElementTree as ET

from tasker_ci.errors import ReportError
from tasker_ci.report.junit_case import moment, number, read_case, time_of
from tasker_ci.report.run import TestRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tasker_ci.report.run import Case

MAXIMUM_BYTES = 256 * 1024 * 1024
AGAIN = "Run the session again; a report is written when the tests have run."
_CHUNK_BYTES = 1024 * 1024
_SETUP_SCRIPT = "@setup-script:"
_UNPRINTABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROOTS = {"testsuites", "testsuite"}
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}encoding=["']([A-Za-z][\w.-]{0,30})["']""")
_ENCODINGS = re.compile(
    r"us-ascii|(iso-?8859-|windows-|cp)\d+|koi8-\w|euc-\w+|shift_jis|gb\w+|big5", re.IGNORECASE
)
"""Those that a report may declare beside UTF-8 and UTF-16; others of Python's are no encodings of
text, or take their time."""


class NotJUnit(ReportError):
    """An XML file of another kind."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """What one JUnit file says."""

    file: Path
    run: TestRun
    digest: str
    """Of its bytes: two files with the same are the same report."""
    attributes: Mapping[str, str]
    """Of its root."""
    intervals: tuple[tuple[float, float], ...]
    """When tests ran, begin and end in seconds since 1970, as far as it says so."""
    undated_seconds: float | None
    """How long the rest ran; None if it does not say that either."""


def read_document(file: Path) -> Document:
    """Read a JUnit file: nextest's, pytest's, surefire's.

    Raises `ReportError` when it is absent, empty, too large, truncated or hostile, `NotJUnit` when
    it is another kind of XML. A document type declaration is refused: the parser would expand its
    entities. Setup scripts are not tests.
    """
    reading = _Reading()
    digest = hashlib.sha256()
    _parse(file, reading, digest)
    return reading.document(file, digest.hexdigest())


def read_tree(file: Path) -> ET.Element:
    """The whole of a JUnit file; raises like `read_document`."""
    building = _Building()
    _parse(file, building, hashlib.sha256())
    return building.close()


def _parse(file: Path, target: _Building, digest: Any) -> None:
    parser = ET.XMLParser(target=target)  # noqa: S314 - without a document type
    try:
        for text in _chunks(file, digest):
            parser.feed(text)
        parser.close()
    except _DocumentType as error:
        message = f"The report {file} has a document type declaration, which is refused."
        raise ReportError(message, next_step=AGAIN) from error
    except _OtherRoot as error:
        message = f"The report {file} is no JUnit document: its root is <{error}>."
        raise NotJUnit(message, next_step="Give a file with <testsuites>.") from error
    except (SyntaxError, ValueError) as error:
        message = f"The report {file} is no JUnit document: {error}."
        raise ReportError(message, next_step=AGAIN) from error


def printable(text: str) -> str:
    """Leave out what XML 1.0 cannot hold."""
    return _UNPRINTABLE.sub("", text)


def _chunks(file: Path, digest: Any) -> Iterator[str]:
    """The text without the characters that XML cannot hold, which nextest lets through (U+FFFE)."""
    try:
        size = file.stat().st_size
        if size == 0 or size > MAXIMUM_BYTES:
            message = f"The report {file} cannot be used: it has {size} bytes."
            raise ReportError(message, next_step=AGAIN)
        with file.open("rb") as stream:
            decoder = codecs.getincrementaldecoder(_encoding(stream.peek(_CHUNK_BYTES)))()
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
                yield printable(decoder.decode(chunk))
            yield printable(decoder.decode(b"", final=True))
    except FileNotFoundError as error:
        message = f"There is no report at {file}."
        raise ReportError(message, next_step="Give the path of a JUnit file.") from error
    except (OSError, UnicodeError) as error:
        message = f"The report {file} cannot be read: {error}."
        raise ReportError(message, next_step=AGAIN) from error


def _encoding(beginning: bytes) -> str:
    """The encoding of a document by its first bytes, UTF-8 where they name none that is known.

    https://www.w3.org/TR/xml/#sec-guessing
    """
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = _DECLARED.match(beginning)
    name = declared[1].decode("ascii") if declared else ""
    if _ENCODINGS.fullmatch(name):
        with suppress(LookupError):
            return codecs.lookup(name).name
    return "utf-8-sig"


class _DocumentType(Exception):
    """The document declares its type."""


class _OtherRoot(Exception):
    """The root is not JUnit's; the text is its tag."""


@dataclass
class _Suite:
    name: str
    seconds: float | None
    started: float | None


@dataclass(kw_only=True)
class _Times:
    intervals: list[tuple[float, float]] = field(default_factory=list)
    undated: list[float] = field(default_factory=list)

    def add(self, started: float | None, seconds: float | None) -> None:
        if started is not None and seconds is not None:
            self.intervals.append((started, started + seconds))
        elif seconds is not None:
            self.undated.append(seconds)


class _Building(ET.TreeBuilder):
    """Builds the tree of a JUnit document, and of nothing else."""

    root_attributes: dict[str, str] | None = None

    def doctype(self, *_: Any) -> NoReturn:
        raise _DocumentType

    def start(self, tag: str, attributes: dict[str, str]) -> ET.Element:
        tag = tag.rpartition("}")[2]
        if self.root_attributes is None:
            if tag not in _ROOTS:
                raise _OtherRoot(tag[:100])
            self.root_attributes = dict(attributes)
        return super().start(tag, attributes)

    def end(self, tag: str) -> ET.Element:
        return super().end(tag.rpartition("}")[2])


class _Reading(_Building):
    """Takes the parser's events, and drops every element once it has been read."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[ET.Element] = []
        self._suites: list[_Suite] = []
        self._times = _Times()
        self._cases: list[Case] = []
        self._names: dict[str, str] = {}
        """One text for each name that comes again and again."""

    def start(self, tag: str, attributes: dict[str, str]) -> ET.Element:
        element = super().start(tag, attributes)
        self._open.append(element)
        if element.tag == "testsuite":
            name = attributes.get("name", "")
            suite = _Suite(
                self._names.setdefault(name, name),
                number(attributes.get("time")),
                moment(attributes.get("timestamp")),
            )
            self._suites.append(suite)
        return element

    def end(self, tag: str) -> ET.Element:
        element = super().end(tag)
        self._open.pop()
        if element.tag == "testcase":
            self._case(element)
        elif element.tag == "testsuite":
            suite = self._suites.pop()
            if not self._suites:  # an outer suite's time holds those within
                self._times.add(suite.started, suite.seconds)
        if self._open and (element.tag == "testcase" or self._open[-1].tag in _ROOTS):
            self._open[-1].remove(element)
        return element

    def _case(self, element: ET.Element) -> None:
        suite = self._suites[-1] if self._suites else _Suite("", None, None)
        if suite.name.startswith(_SETUP_SCRIPT):
            return
        classname = element.get("classname") or ""
        own = "" if classname == suite.name else self._names.setdefault(classname, classname)
        self._cases.append(read_case(suite.name, own, element))

    def document(self, file: Path, digest: str) -> Document:
        """What was read."""
        root = self.root_attributes or {}
        times = _Times()
        times.add(moment(root.get("timestamp")), number(root.get("time")))
        if not times.intervals and (self._times.intervals or not times.undated):
            times = self._times
        started = min((begin for begin, _ in times.intervals), default=None)
        return Document(
            file=file,
            run=TestRun(
                cases=tuple(self._cases),
                seconds=number(root.get("time")) or 0.0,
                started=time_of(root.get("timestamp"))
                or (None if started is None else datetime.fromtimestamp(started, UTC)),
            ),
            digest=digest,
            attributes=root,
            intervals=tuple(times.intervals),
            undated_seconds=sum(times.undated) if times.undated else None,
        )
