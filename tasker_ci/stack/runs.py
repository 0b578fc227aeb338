"""Runs of stacks: their names and folders, what is on record of each, and which are left over."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.stack.base import Endpoint, Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX = "tasker-ci-"

RECORD = "run.json"
KEYS = "keys.json"

KEPT_LOGS = 20
"""So many runs' logs are kept; those of older ones make room."""

_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600


class Life(StrEnum):
    """What has become of a run."""

    ALIVE = "in use"
    """The process that started it still runs."""
    KEPT = "kept"
    """It was left on purpose."""
    ORPHANED = "orphaned"
    """The process that started it is gone without having cleared up."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What `run.json` says of a run: enough to find all of it again, and nothing secret."""

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


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run and its folder."""

    record: Record
    folder: Path

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.record.run

    def life(self, created: Callable[[int], float | None] | None = None) -> Life:
        """What has become of it; ``created`` tells when a process was created, None if gone."""
        if self.record.kept:
            return Life.KEPT
        now = (created or created_at)(self.record.pid)
        alive = now is not None and abs(now - self.record.created) < 1
        return Life.ALIVE if alive else Life.ORPHANED

    def plan(self, environment: Mapping[str, str]) -> Plan:
        """The plan that the run was started with; ``environment`` with the run's own values."""
        return Plan(
            run=self.name,
            workspace=self.record.workspace,
            folder=self.folder,
            logs=self.record.logs,
            database=self.record.database,
            services=self.record.services,
            environment=environment,
        )

    def changed(self, **values: Any) -> Run:
        """The run with something else on record, which is written."""
        run = replace(self, record=replace(self.record, **values))
        write_private(run.folder / RECORD, json.dumps(_plain(run.record), indent=2))
        return run

    def write_keys(self, keys: Mapping[str, str]) -> None:
        """Keep the values that belong to this run: its secrets, and the URLs with its ports."""
        write_private(self.folder / KEYS, json.dumps(dict(keys), indent=2))

    def keys(self) -> dict[str, str]:
        """The values that belong to this run; empty if there are none."""
        try:
            keys: dict[str, str] = json.loads((self.folder / KEYS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return keys

    def remove_keys(self) -> None:
        """Remove the keys alone."""
        (self.folder / KEYS).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the run's folder with its keys, which go first; its logs stay."""
        self.remove_keys()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, kw_only=True)
class Runs:
    """All runs of one workspace, whatever process started them."""

    target_directory: Path
    workspace: Path

    @property
    def folder(self) -> Path:
        """Where the runs have their folders."""
        return self.target_directory / "tasker-ci" / "runs"

    @property
    def logs(self) -> Path:
        """Where their logs are."""
        return self.target_directory / "tasker-ci" / "logs"

    def place(self, name: str) -> tuple[Path, Path]:
        """The run folder and the log folder of a run."""
        return self.folder / name, self.logs / name

    def create(self, plan: Plan, *, kind: str, session: str, compose_file: str = "") -> Run:
        """Make the folders of a new run and put it on record, before anything of it starts.

        The folder appears with its record in it, so that nobody takes the run for an orphan.
        """
        plan.logs.mkdir(parents=True, exist_ok=True)
        part = plan.folder.with_name(f".{plan.folder.name}")
        part.mkdir(mode=_PRIVATE_FOLDER, parents=True)
        part.chmod(_PRIVATE_FOLDER)
        record = Record(
            run=plan.run,
            kind=kind,
            session=session,
            workspace=plan.workspace,
            logs=plan.logs,
            pid=os.getpid(),
            created=created_at(os.getpid()) or 0.0,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            database=plan.database,
            services=plan.services,
            compose_file=compose_file,
        )
        try:
            Run(record=record, folder=part).changed()
            part.rename(plan.folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return Run(record=record, folder=plan.folder)

    def all(self) -> tuple[Run, ...]:
        """Every run that has a folder, the oldest first.

        Other workspaces may share the target directory; a run without a readable record, left over
        from its very first moment, counts as one of this workspace.
        """
        try:
            folders = [each for each in self.folder.iterdir() if each.name.startswith(PREFIX)]
        except OSError:
            return ()
        own = [run for run in map(self.read, folders) if run.record.workspace == self.workspace]
        return tuple(sorted(own, key=lambda run: (run.record.started, run.name)))

    def read(self, folder: Path) -> Run:
        """The run of a folder; without a readable record hardly more than its name is known."""
        try:
            data = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            data["workspace"], data["logs"] = Path(data["workspace"]), Path(data["logs"])
            data["database"] = Endpoint(**data["database"]) if data["database"] else None
            data["services"] = tuple(Endpoint(**each) for each in data["services"])
            return Run(record=Record(**data), folder=folder)
        except (OSError, ValueError, TypeError, KeyError):
            nothing = Record(
                run=folder.name,
                kind="",
                session="",
                workspace=self.workspace,
                logs=self.logs / folder.name,
                pid=0,
                created=0.0,
                started="",
            )
            return Run(record=nothing, folder=folder)

    def kept(self) -> tuple[Run, ...]:
        """The runs that were left on purpose."""
        return tuple(run for run in self.all() if run.record.kept)

    def prune_logs(self, keep: int = KEPT_LOGS) -> None:
        """Remove the logs of the oldest runs that are gone."""
        living = {run.name for run in self.all()}
        try:
            folders = [each for each in self.logs.iterdir() if each.name.startswith(PREFIX)]
            folders.sort(key=lambda each: each.stat().st_mtime, reverse=True)
        except OSError:
            return
        for folder in folders[keep:]:
            if folder.name not in living:
                shutil.rmtree(folder, ignore_errors=True)


def new_name() -> str:
    """A name that no other run has; it is a valid name of a Compose project."""
    return f"{PREFIX}{secrets.token_hex(6)}"


def created_at(pid: int) -> float | None:
    """When a process was created, in seconds since the epoch; None if it is gone or a zombie."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        created: float = process.create_time()
    except psutil.Error:
        return None
    return created


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, all of it or nothing."""
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text + "\n")
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _plain(record: Record) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in asdict(record).items()
    }
