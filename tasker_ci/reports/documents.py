"""Read one JUnit file of any dialect, test by test, so that a large one takes little memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tasker_ci.errors import ReportError
from tasker_ci.reports.document_reading import DocumentReading, OtherRoot
from tasker_ci.reports.junit_case import number
from tasker_ci.reports.run import TestRun
from tasker_ci.reports.xml_reading import parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.reports.headers import Claim
    from tasker_ci.reports.held_text import TextStore

MAXIMUM_BYTES = 256 * 1024 * 1024
"""Of a file whose texts are kept whole; of a larger one they are cut."""


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
    claims: tuple[Claim, ...] = ()
    """Headers that claim more than the tests show."""
    cut: bool = False
    """Whether long texts are cut, because the file is large."""


def read_document(file: Path, texts: TextStore | None = None) -> Document:
    """Read a JUnit file: nextest's, pytest's, surefire's, and those of many others.

    Raises `ReportError` when it is absent, empty, truncated or hostile, `NotJUnit` when it is
    another kind of XML. A document type declaration is refused: the parser would expand its
    entities. Setup scripts are tests only where they failed. An error of a suite is a failed case
    of its own, and so are failures that a header claims where no test shows any. ``texts`` is
    where long texts go that do not fit in memory, for several documents together.
    """
    try:
        large = file.stat().st_size > MAXIMUM_BYTES
    except OSError:
        large = False  # said by the reader
    reading = DocumentReading(large=large, texts=texts)
    try:
        digest = parse(file, reading)
    except OtherRoot as error:
        message = f"The report {file} is no JUnit document: its root is <{error}>."
        raise NotJUnit(message, next_step="Give a file with <testsuites>.") from error
    started = min(reading.began, default=None)
    return Document(
        file=file,
        run=TestRun(
            cases=tuple(reading.cases),
            seconds=number(reading.root.get("time")) or 0.0,
            started=None if started is None else datetime.fromtimestamp(started, UTC),
            suites=reading.facts.all(),
        ),
        digest=digest,
        attributes=reading.root,
        intervals=tuple(reading.times.intervals),
        undated_seconds=sum(reading.times.undated) if reading.times.undated else None,
        claims=tuple(reading.claims),
        cut=large,
    )
