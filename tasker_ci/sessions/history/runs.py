"""The small record that each run of a session leaves, and the folder that keeps the newest ones.

One gzipped JSON file for each run of a session, named by its time and a random part, so that runs
at once never meet in one file. It is written beside and moved into place. In a record::

    version   1; a reader refuses a higher one
    run       what the sessions of one pipeline, or the jobs of one workflow run, have in common
    session, arguments, partition, toolchain, profile, system
    started (UTC), seconds, build_seconds, test_seconds, status, exit_code
    commit, dirty, branch, attempt
    sccache   counts of the run, or null
    report    the JUnit file, or ""
    tests     [[suite, class, [[name, result, seconds], …]], …]; result is one of + - ~ o
    flaky     [[suite, class, name], …] of the tests that passed too and failed at last; or absent
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import secrets
import time
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.text.file_reading import open_to_read
from tasker_ci.text.file_writing import PART, check_place, write_file
from tasker_ci.text.places import reached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.reports.run import Case, CaseStatus, TestRun
    from tasker_ci.text.places import Place

VERSION = 1
SUFFIX = ".json.gz"
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
_HALF_WRITTEN_SECONDS = 3600
_STAMP = "%Y%m%dT%H%M%S%fZ"
_OWN_NAME = re.compile(r"[0-9]{8}T[0-9]{12}Z\.[\w-]+\.[0-9a-f]{8}\.json\.gz", re.ASCII)
_HALF_WRITTEN = re.compile(
    rf"\.{_OWN_NAME.pattern}\.([0-9]+|[0-9a-f]{{8}}{re.escape(PART)})", re.ASCII
)
"""Half-written records of ours; the former ending is that of older versions."""
_IGNORE_ALL = "# Written by tasker-ci: what it keeps here is of no use in a repository.\n*\n"

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
    """``passed``, ``failed``, ``skipped`` or ``not checked``."""
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

    @property
    def title(self) -> str:
        """The session with what was asked of it."""
        words = (self.session, *self.arguments)
        return " ".join(words) + (f" [{self.toolchain}]" if self.toolchain else "")


def results_of(run: TestRun) -> dict[TestKey, tuple[CaseStatus, float]]:
    """The tests of a run as a record keeps them; a name that comes again gets a number."""
    return {key: (case.status, case.seconds) for key, case in _keyed(run)}


def flaky_failures_of(run: TestRun) -> frozenset[TestKey]:
    """The tests of a run that passed too and failed at last."""
    return frozenset(
        key for key, case in _keyed(run) if case.status == "failed" and case.unstable
    )  # fmt: skip


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


def leave(
    record: Record, folder: Path, *, keep: int, maximum_bytes: int, within: Path | None = None
) -> Path:
    """Write a record and remove the oldest beyond ``keep`` and ``maximum_bytes``; its file.

    A folder that is made here is ignored by git, as cargo does it with ``target``. Raises
    `UnsafePlace` if a folder below ``within`` is a link.
    """
    within = folder.parent if within is None else within
    check_place(folder / "any", within=within)
    if not folder.is_dir():
        write_file(folder / ".gitignore", _IGNORE_ALL, within=within)
    stamp = record.started.astimezone(UTC).strftime(_STAMP)
    file = folder / f"{stamp}.{record.session}.{secrets.token_hex(4)}{SUFFIX}"
    text = json.dumps(_data(record), separators=(",", ":"), ensure_ascii=False)
    content = gzip.compress(text.encode("utf-8", "surrogatepass"), compresslevel=6)
    write_file(file, content, within=within)
    _prune(folder, within=within, keep=keep, maximum_bytes=maximum_bytes)
    return file


def _prune(folder: Path, *, within: Path, keep: int, maximum_bytes: int) -> None:
    """Remove the oldest records, and what a killed process left half-written an hour ago.

    Only what has a name of ours and can be read as a record is removed. Another process may do
    the same now.
    """
    with contextlib.suppress(FileNotFoundError), reached(folder / "any", within) as place:
        names = sorted(_regular(folder), reverse=True)
        for name in filter(_HALF_WRITTEN.fullmatch, names):
            status = place.beside(name).status()
            if status is not None and time.time() - status.st_mtime > _HALF_WRITTEN_SECONDS:
                _forget(place.beside(name))
        total = 0
        for number, name in enumerate(filter(_OWN_NAME.fullmatch, names)):
            status = place.beside(name).status()
            total += status.st_size if status is not None else 0
            if number and (number >= keep or total > maximum_bytes) and _is_record(folder / name):
                _forget(place.beside(name))


def _regular(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [each.name for each in entries if each.is_file(follow_symlinks=False)]


def _forget(place: Place) -> None:
    with contextlib.suppress(FileNotFoundError):
        place.unlink()


def _is_record(file: Path) -> bool:
    """Whether it can be read as one of ours: what has its name alone may be anybody's."""
    with contextlib.suppress(OSError, ReportError):
        read_record(file)
        return True
    return False


@dataclass(kw_only=True)
class History:
    """The records of some folders, the newest first, and what could not be read of them."""

    folders: tuple[Path, ...]
    problems: list[str] = field(default_factory=list)

    def records(
        self,
        sessions: Iterable[str] = (),
        *,
        enough: Callable[[str], bool] = lambda _: False,
    ) -> Iterator[Record]:
        """Read record after record; each once, also if it lies in several folders.

        ``sessions`` are the only ones to read, all if there is none; a session of which there is
        ``enough`` is not read any more. What cannot be read becomes a problem, not an end.
        """
        wanted = set(sessions)
        for file in self.files():
            session = file.name.split(".")[1]
            if (wanted and session not in wanted) or enough(session):
                continue
            try:
                yield read_record(file)
            except FileNotFoundError:
                continue  # removed by a run that goes on meanwhile
            except ReportError as error:
                self.problems.append(error.message)

    def files(self) -> list[Path]:
        """The files of the records, the newest first."""
        found: dict[str, Path] = {}
        for folder in self.folders:
            for file in folder.rglob(f"*{SUFFIX}"):
                if not file.name.startswith(".") and file.name.count(".") >= 4:  # noqa: PLR2004
                    found.setdefault(file.name, file)
        return [found[name] for name in sorted(found, reverse=True)]


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
        flaky=frozenset((str(a), str(b), str(c)) for a, b, c in document.get("flaky", ())),
    )


def _seconds(value: Any) -> float:
    seconds = float(value)
    if not 0 <= seconds < _ETERNITY:
        message = f"{seconds} is no time in seconds"
        raise ValueError(message)
    return seconds


def _known(value: Any) -> float | None:
    return None if value is None else _seconds(value)
