"""What the artifacts of the generated workflows say: sccache's counts, the times of tests.

Archives are read in memory and never unpacked; an archive may be anything, so its size counts.
"""

from __future__ import annotations

import io
import lzma
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.reports.junit import read_junit
from tasker_ci.sessions.insights.rows import foreign, whole
from tasker_ci.text.file_writing import write_file
from tasker_ci.tools.sccache_statistics import parse_statistics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.reports.run import TestRun

STATISTICS = "sccache-"
REPORTS = "test-reports-"
"""How the names of the artifacts begin that are of use; the generated workflows make them."""

MOST_BYTES = 32 * 2**20
_MOST_UNPACKED = 256 * 2**20
_MOST_FILES = 1000
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, NotImplementedError, OSError, ValueError, OverflowError),
)
"""What `zipfile` raises for archives of which a byte is wrong: it checks less than it says."""


class NotUsable(Exception):
    """An archive that cannot be read; the text says why."""


def is_of_use(name: str) -> bool:
    """Whether an artifact of this name may say something."""
    return name.startswith((STATISTICS, REPORTS))


def evidence_of(archive: bytes, *, run: int, name: str) -> list[dict[str, Any]]:
    """What an artifact says, as rows of plain data. Raises `NotUsable`."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            _check(opened)
            kind = _statistics if name.startswith(STATISTICS) else _test_times
            return [
                {"run_id": run, "name": foreign(name), **row}
                for file in opened.infolist()
                for row in kind(file.filename, opened, file)
            ]
    except _BROKEN as error:
        raise NotUsable("it is no whole archive") from error
    except RuntimeError as error:  # how zipfile says that a password is needed
        raise NotUsable("it is encrypted") from error


def _check(archive: zipfile.ZipFile) -> None:
    files = archive.infolist()
    if len(files) > _MOST_FILES or sum(file.file_size for file in files) > _MOST_UNPACKED:
        raise NotUsable("it is far larger than what it should hold")


def _statistics(
    name: str, archive: zipfile.ZipFile, file: zipfile.ZipInfo
) -> Iterator[dict[str, Any]]:
    if not name.endswith(".json"):
        return
    try:
        found = parse_statistics(archive.read(file).decode("utf-8"))
    except (ReportError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise NotUsable("its statistics are not sccache's") from error
    if whole(found.hits) is None or whole(found.misses) is None:
        raise NotUsable("its statistics are not sccache's")
    yield {"kind": "sccache", "hits": found.hits, "misses": found.misses}


def _test_times(
    name: str, archive: zipfile.ZipFile, file: zipfile.ZipInfo
) -> Iterator[dict[str, Any]]:
    if not name.endswith(".xml"):
        return
    try:
        found = _read(archive.read(file))
    except ReportError as error:
        raise NotUsable("a report in it is no JUnit document") from error
    ran = [case for case in found.cases if case.status != "skipped"]
    yield {
        "kind": "tests",
        "tests": len(ran),
        "flaky": len(found.flaky),
        "test_seconds": round(sum(case.seconds for case in ran), 3),
        "wall_seconds": found.seconds,
    }


def _read(content: bytes) -> TestRun:
    with tempfile.TemporaryDirectory(prefix="tasker-ci-") as folder:
        report = Path(folder) / "report.xml"
        write_file(report, content)
        return read_junit(report)
