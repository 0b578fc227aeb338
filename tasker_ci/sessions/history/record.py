"""The small record that a run of a session leaves, and how it is written.

A record is one gzipped JSON document::

    version   1; a reader refuses a higher one
    run       what the sessions of one pipeline, or the jobs of one workflow run, have in common
    session, arguments, partition, toolchain, profile, system
    started (UTC), seconds, build_seconds, test_seconds, status, exit_code
    commit, dirty, branch, attempt
    sccache   counts of the run, or null
    report    the JUnit file, or ""
    tests     [[suite, class, [[name, result, seconds], …]], …]; result is one of + - ~ o
    flaky     [[suite, class, name], …] of the tests that passed too and failed at last; or absent
    quarantined  [[suite, class, name], …] of the tests in quarantine, however they ended; or absent
    proven    {run, commit, made} of the run that proved a session that did not run; or absent
"""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.text.file_reading import open_to_read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.reports.run import Case, CaseStatus, TestRun

VERSION = 1
MAXIMUM_BYTES = 256 * 1024 * 1024
"""Of one unpacked record: a small file may unpack to any size."""

_LETTERS: Mapping[CaseStatus, str] = {"passed": "+", "failed": "-", "flaky": "~", "skipped": "o"}
_STATUSES: Mapping[str, CaseStatus] = {letter: status for status, letter in _LETTERS.items()}
_UNREADABLE = (
    *(OSError, EOFError, RecursionError, zlib.error),
    *(ValueError, KeyError, TypeError, AttributeError, OverflowError),
)
_ETERNITY = 1e10
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
"""With any zone and any number of seconds that is no eternity it stays a time of Python's."""
TestKey = tuple[str, str, str]
"""Suite, class and name of a test."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One run of one session."""

    run: str
    session: str
    started: datetime
    seconds: float
    status: str
    """``passed``, ``failed``, ``skipped``, ``not checked``, or ``proven``: it did not run."""
    exit_code: int = 0
    arguments: tuple[str, ...] = ()
    """What was asked of the session, without the shard: runs with the same can be compared."""
    partition: str | None = None
    toolchain: str | None = None
    profile: str | None = None
    system: str = ""
    """Operating system and processor, because what passes on one may fail on another."""
    build_seconds: float | None = None
    test_seconds: float | None = None
    commit: str | None = None
    """None where git does not say."""
    dirty: bool = True
    """Whether the code was not just that of the commit."""
    branch: str | None = None
    attempt: int = 1
    """More than 1 for a repetition of a workflow run."""
    sccache: Mapping[str, Any] | None = None
    report: str | None = None
    """The JUnit file."""
    tests: Mapping[TestKey, tuple[CaseStatus, float]] = field(default_factory=dict)
    flaky: frozenset[TestKey] = frozenset()
    """Those of ``tests`` that passed too and failed at last."""
    quarantined: frozenset[TestKey] = frozenset()
    """Those of ``tests`` that were in quarantine; a failure of theirs was not red."""
    proven: Mapping[str, str] = field(default_factory=dict)
    """The run that proved it, of a session that did not run: `run`, `commit`, `made`."""

    @property
    def title(self) -> str:
        """The session with what was asked of it."""
        words = (self.session, *self.arguments)
        return " ".join(words) + (f" [{self.toolchain}]" if self.toolchain else "")


def results_of(run: TestRun) -> dict[TestKey, tuple[CaseStatus, float]]:
    """The tests of a run as a record keeps them; a name that comes again gets a number."""
    return {
        key: ("failed" if case.status == "quarantined" else case.status, case.seconds)
        for key, case in _keyed(run)
    }


def flaky_failures_of(run: TestRun) -> frozenset[TestKey]:
    """The tests of a run that passed too and failed at last."""
    return frozenset(
        key
        for key, case in _keyed(run)
        if case.status in {"failed", "quarantined"} and case.unstable
    )


def quarantined_of(run: TestRun) -> frozenset[TestKey]:
    """The tests of a run that were in quarantine, however they ended."""
    return frozenset(key for key, case in _keyed(run) if case.more and case.quarantine)


def tests_of(run: TestRun) -> dict[str, Any]:
    """All fields of a record that tell of the tests of a run."""
    return {
        "tests": results_of(run),
        "flaky": flaky_failures_of(run),
        "quarantined": quarantined_of(run),
    }


def _keyed(run: TestRun) -> Iterator[tuple[TestKey, Case]]:
    seen: set[TestKey] = set()
    for case in run.cases:
        key = (case.suite, case.classname or "", case.name)
        number = 1
        while key in seen:
            number += 1
            key = (case.suite, case.classname or "", f"{case.name} #{number}")
        seen.add(key)
        yield key, case


def packed(record: Record) -> bytes:
    """A record as it lies in its file."""
    text = json.dumps(_data(record), separators=(",", ":"), ensure_ascii=False)
    return gzip.compress(text.encode("utf-8", "surrogatepass"), compresslevel=6)


def read_record(file: Path, *, maximum_bytes: int = MAXIMUM_BYTES) -> Record:
    """Read one record; raises `ReportError` if it is none, or of a version that is not known."""
    try:
        with open_to_read(file, most=maximum_bytes) as packed, gzip.open(packed) as stream:
            document = json.loads(_limited(stream, maximum_bytes).decode("utf-8", "surrogatepass"))
        version = document["version"]
        if version != VERSION:
            message = f"The record {file} has version {version!r}; this tasker-ci reads {VERSION}."
            raise ReportError(message, next_step="Update tasker-ci.")
        return _record(document)
    except FileNotFoundError:
        raise
    except _UNREADABLE as error:
        message = f"The record {file} cannot be read: {error!r}."
        raise ReportError(message, next_step="Remove it.") from error


def _limited(stream: IO[bytes] | gzip.GzipFile, maximum: int) -> bytes:
    content = stream.read(maximum + 1)
    if len(content) > maximum:
        message = f"it unpacks to more than {maximum} bytes"
        raise ValueError(message)
    return content


_TEXTS = ("run", "session", "status", "system")
_OPTIONAL = ("partition", "toolchain", "profile", "commit", "branch", "report")
"""An empty text in the file where there is none."""


def _data(record: Record) -> dict[str, Any]:
    tests: dict[tuple[str, str], list[tuple[str, str, float]]] = {}
    for (suite, classname, name), (status, seconds) in record.tests.items():
        row = (name, _LETTERS[status], round(seconds, 6))
        tests.setdefault((suite, classname), []).append(row)
    return {
        "version": VERSION,
        **{name: getattr(record, name) for name in _TEXTS},
        **{name: getattr(record, name) or "" for name in _OPTIONAL},
        "arguments": list(record.arguments),
        "started": record.started.astimezone(UTC).isoformat(),
        "seconds": round(record.seconds, 3),
        "build_seconds": record.build_seconds,
        "test_seconds": record.test_seconds,
        "exit_code": record.exit_code,
        "dirty": record.dirty,
        "attempt": record.attempt,
        "sccache": record.sccache,
        "tests": [[suite, name, rows] for (suite, name), rows in tests.items()],
        **({"flaky": [list(key) for key in sorted(record.flaky)]} if record.flaky else {}),
        **(
            {"quarantined": [list(key) for key in sorted(record.quarantined)]}
            if record.quarantined
            else {}
        ),
        **({"proven": dict(record.proven)} if record.proven else {}),
    }


def _record(document: Mapping[str, Any]) -> Record:
    tests: dict[TestKey, tuple[CaseStatus, float]] = {}
    for suite, classname, rows in document["tests"]:
        for name, letter, seconds in rows:
            tests[str(suite), str(classname), str(name)] = (_STATUSES[letter], _seconds(seconds))
    started = datetime.fromisoformat(document["started"])
    if not _FIRST_YEAR <= started.year <= _LAST_YEAR:
        message = f"nothing started in the year {started.year}"
        raise ValueError(message)
    texts: dict[str, Any] = {name: str(document[name]) for name in _TEXTS}
    texts |= {name: str(document[name]) or None for name in _OPTIONAL}
    return Record(
        **texts,
        arguments=tuple(map(str, document["arguments"])),
        started=started if started.tzinfo else started.replace(tzinfo=UTC),
        seconds=_seconds(document["seconds"]),
        build_seconds=_known(document["build_seconds"]),
        test_seconds=_known(document["test_seconds"]),
        exit_code=int(document["exit_code"]),
        dirty=bool(document["dirty"]),
        attempt=int(document["attempt"]),
        sccache=document["sccache"] if isinstance(document["sccache"], dict) else None,
        tests=tests,
        flaky=_keys(document.get("flaky", ())),
        quarantined=_keys(document.get("quarantined", ())),
        proven={str(name): str(value) for name, value in document.get("proven", {}).items()},
    )


def _keys(rows: Iterable[tuple[Any, Any, Any]]) -> frozenset[TestKey]:
    return frozenset((str(a), str(b), str(c)) for a, b, c in rows)


def _seconds(value: Any) -> float:
    seconds = float(value)
    if not 0 <= seconds < _ETERNITY:
        message = f"{seconds} is no time in seconds"
        raise ValueError(message)
    return seconds


def _known(value: Any) -> float | None:
    return None if value is None else _seconds(value)
