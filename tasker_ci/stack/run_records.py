"""What `run.json` says of a run, and why a folder that has one may still be none of ours."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.process.start import ProcessStart
from tasker_ci.stack.base import Endpoint
from tasker_ci.stack.own_places import (
    RUN_NAME,
    first_link,
    inode_of,
    is_folder,
    owner_of,
)
from tasker_ci.text.file_reading import is_gone, read_own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RECORD = "run.json"


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """What `run.json` says of a run: enough to find all of it again, and nothing secret.

    What a later version added has a default, so that older records are still read.
    """

    run: str
    kind: str
    """``compose`` or ``native``."""
    session: str
    workspace: Path
    logs: Path
    pid: int
    created: float
    """When the process that owns the run was created: its pid may come back, with another time."""
    started: str
    database: Endpoint | None = None
    services: tuple[Endpoint, ...] = ()
    compose_file: str = ""
    kept: bool = False
    migrated: bool = False
    ticks: int = 0
    """With ``boot``: the same moment, without a clock (`process.start.ProcessStart`)."""
    boot: str = ""
    folder: Path | None = None
    """The run folder: a record points back to where it lies."""
    inode: int = 0
    """The run folder's number, which it keeps when it is moved."""
    workspace_inode: int = 0

    @property
    def start(self) -> ProcessStart:
        """When the process that owns the run started."""
        return ProcessStart(created=self.created, ticks=self.ticks, boot=self.boot)

    def text(self) -> str:
        """The record as it is written."""
        plain = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in asdict(self).items()
        }
        return json.dumps(plain, indent=2)


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A folder with a name of ours that is not taken for ours."""

    folder: Path
    reason: str
    """Why, as a clause."""


def read_record(folder: Path) -> RunRecord | None:
    """The record of a run folder; None if it cannot be read, or is not one that we wrote."""
    try:
        data = json.loads(read_own(folder / RECORD))
        for name in ("workspace", "logs", "folder"):
            if data.get(name) is not None:
                data[name] = _path(data[name])
        data["database"] = _endpoint(data["database"]) if data["database"] else None
        data["services"] = tuple(_endpoint(each) for each in data["services"])
        record = RunRecord(**data)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return record if _is_sound(record) else None


def points_back(record: RunRecord, folder: Path, logs: Path) -> bool:
    """Whether a record is of this very folder, also of one that was moved since.

    Records of earlier versions name only where the logs are.
    """
    if record.folder is None:
        return record.logs == logs
    return record.folder == folder or (record.inode != 0 and record.inode == inode_of(folder))


def why_refused(
    folder: Path,
    record: RunRecord | None,
    *,
    below: Path,
    logs: Path,
    tracked: Callable[[Path], bool | None],
    lives: Callable[[Path], bool],
) -> str | None:
    """Why a folder is not taken for one of a run of ours, as a clause; None if it is.

    ``below`` is the target directory, ``tracked`` says whether git has a file of a folder, None
    where it cannot say: then the record has to know the folder's number, which no repository
    brings. ``lives`` says whether a process of this user was started by the run of a folder: that
    proves what a damaged record, or one that was moved to another disk, no longer does.
    """
    reasons = (
        _against_the_folder(folder, below),
        _against_its_origin(folder, record, tracked, lives),
        _against_the_record(folder, record, logs, lives),
    )
    return next(chain.from_iterable(reasons), None)


def _against_the_folder(folder: Path, below: Path) -> Iterator[str]:
    if not RUN_NAME.fullmatch(folder.name):
        yield "no run of ours has such a name"
    if link := first_link(folder, below=below):
        yield f"{link} is a link"
    if not is_folder(folder):
        yield "it is no folder"
    if (owner := owner_of(folder)) != os.geteuid():
        yield f"it belongs to the user {owner}"


def _against_its_origin(
    folder: Path,
    record: RunRecord | None,
    tracked: Callable[[Path], bool | None],
    lives: Callable[[Path], bool],
) -> Iterator[str]:
    said = tracked(folder)
    if said:
        yield "git tracks it, so it came with the repository"
    if said is not None or (record is not None and record.inode == inode_of(folder)):
        return
    if not _is_empty(folder) and not lives(folder):
        yield "git cannot say whether it came with the repository"


def _against_the_record(
    folder: Path, record: RunRecord | None, logs: Path, lives: Callable[[Path], bool]
) -> Iterator[str]:
    if record is None:
        if not _is_empty(folder) and not lives(folder):
            yield "its record cannot be read"
        return
    if record.run != folder.name:
        yield f"its record is that of {record.run}"
    if not points_back(record, folder, logs):
        elsewhere = record.folder or record.logs
        # One that was moved to another disk keeps no number, but its processes have its marks.
        if not is_gone(elsewhere) or not lives(elsewhere):
            yield f"its record belongs to {elsewhere}"


def _path(text: str) -> Path:
    """A path that the system can be asked about; raises `ValueError` for another."""
    if b"\0" in os.fsencode(text):
        raise ValueError("no path has a zero in it")
    return Path(text)


def _is_empty(folder: Path) -> bool:
    """Whether nothing is in it: a removal was cut short after the record."""
    try:
        return next(folder.iterdir(), None) is None
    except OSError:
        return False


def _endpoint(data: Any) -> Endpoint:
    endpoint = Endpoint(**data)
    texts, numbers = (endpoint.service, endpoint.health), (endpoint.port, endpoint.container_port)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("an endpoint has a name and a path")
    if not all(type(number) is int for number in numbers):
        raise TypeError("an endpoint has two numbers")
    return endpoint


def _is_sound(record: RunRecord) -> bool:
    texts = (record.run, record.session, record.started, record.compose_file, record.boot)
    numbers = (record.pid, record.ticks, record.inode, record.workspace_inode)
    flags = (record.kept, record.migrated)
    return (
        record.kind in ("compose", "native")
        and isinstance(record.workspace, Path)
        and isinstance(record.logs, Path)
        and all(isinstance(text, str) for text in texts)
        and all(type(number) is int for number in numbers)
        and all(isinstance(flag, bool) for flag in flags)
        and type(record.created) in {int, float}
    )
