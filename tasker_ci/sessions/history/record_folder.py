"""The folder that keeps the newest records of runs.

A record is named by its time and a random part, so that runs at once never meet in one file. It is
written beside and moved into place.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

from tasker_ci.errors import ReportError
from tasker_ci.sessions.history.record import Record, packed, read_record
from tasker_ci.text.file_writing import PART, check_place, write_file
from tasker_ci.text.places import reached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tasker_ci.text.places import Place

SUFFIX = ".json.gz"
_HALF_WRITTEN_SECONDS = 3600
_STAMP = "%Y%m%dT%H%M%S%fZ"
_OWN_NAME = re.compile(r"[0-9]{8}T[0-9]{12}Z\.[\w-]+\.[0-9a-f]{8}\.json\.gz", re.ASCII)
_HALF_WRITTEN = re.compile(
    rf"\.{_OWN_NAME.pattern}\.([0-9]+|[0-9a-f]{{8}}{re.escape(PART)})", re.ASCII
)
"""Half-written records of ours; the former ending is that of older versions."""
_IGNORE_ALL = "# Written by tasker-ci: what it keeps here is of no use in a repository.\n*\n"


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
    write_file(file, packed(record), within=within)
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
