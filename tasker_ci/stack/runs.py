"""Runs of stacks: their names and folders, what is on record of each, and which are left over."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import StackRemains
from tasker_ci.process.start import ProcessStart, is_elsewhere, start_of
from tasker_ci.stack.base import Plan, RunOrigin
from tasker_ci.stack.own_places import (
    PREFIX,
    first_link,
    inode_of,
    links_are_foreign,
    remove_folder,
)
from tasker_ci.stack.run_logs import mark_logs, prune_logs
from tasker_ci.stack.run_records import RECORD, Refused, RunRecord, read_record, why_refused
from tasker_ci.text.file_reading import is_gone, read_own
from tasker_ci.text.file_writing import (
    PRIVATE,
    make_folder,
    make_private_folder,
    remove_file,
    write_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

KEYS = "keys.json"

LOGS = "logs"

KEPT_LOGS = 20
"""So many runs' logs are kept; those of older ones make room."""

_PRIVATE_FOLDER = 0o700


class Life(StrEnum):
    """What has become of a run."""

    ALIVE = "in use"
    """The process that started it still runs."""
    KEPT = "kept"
    """It was left on purpose."""
    ORPHANED = "orphaned"
    """The process that started it is gone without having cleared up."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run and its folder."""

    record: RunRecord
    folder: Path
    workspace: Path
    """Where its workspace lies today; the record has where it lay when the run started."""

    @property
    def logs(self) -> Path:
        """Where its logs are; a record may name another place, which is not trusted."""
        return self.folder.parents[1] / LOGS / self.folder.name

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.record.run

    def life(self, start: Callable[[int], ProcessStart | None] = start_of) -> Life:
        """What has become of it; ``start`` says when a process started, None if it is gone."""
        if self.record.kept:
            return Life.KEPT
        now = start(self.record.pid)
        alive = now is not None and now.is_same(self.record.start)
        return Life.ALIVE if alive or is_elsewhere(self.record.start) else Life.ORPHANED

    def plan(self, environment: Mapping[str, str]) -> Plan:
        """The plan that the run was started with; ``environment`` with the run's own values."""
        return Plan(
            run=self.name,
            workspace=self.workspace,
            folder=self.folder,
            logs=self.logs,
            database=self.record.database,
            services=self.record.services,
            environment=environment,
            origin=RunOrigin(
                workspace=self.record.workspace, folder=self.record.folder or self.folder
            ),
        )

    def changed(self, **values: Any) -> Run:
        """The run with something else on record, which is written."""
        run = replace(self, record=replace(self.record, **values))
        run.write(RECORD, run.record.text())
        return run

    def write_keys(self, keys: Mapping[str, str]) -> None:
        """Keep the values that belong to this run: its secrets, and the URLs with its ports."""
        self.write(KEYS, json.dumps(dict(keys), indent=2))

    def keys(self) -> dict[str, str]:
        """The values that belong to this run; empty if there are none."""
        try:
            keys = json.loads(read_own(self.folder / KEYS))
        except (OSError, ValueError, RecursionError):
            return {}
        known = isinstance(keys, dict) and all(isinstance(each, str) for each in keys.values())
        return keys if known else {}

    def write(self, name: str, text: str) -> None:
        """Write a file of the run folder that only its owner may read, all of it or nothing."""
        with links_are_foreign():
            write_file(self.folder / name, f"{text}\n", within=self.folder.parents[2], mode=PRIVATE)

    def remove_keys(self) -> None:
        """Remove the keys alone; raises `ForeignPlace` for a link on the way."""
        with links_are_foreign():
            remove_file(self.folder / KEYS, within=self.folder.parents[2])

    def remove(self) -> None:
        """Remove the run's folder with its keys, which go first; its logs stay.

        Raises `StackRemains` with what hinders it, and `ForeignPlace` for a link on the way.
        """
        self.remove_keys()
        try:
            remove_folder(self.folder, below=self.folder.parents[2], last=RECORD)
        except OSError as error:
            raise StackRemains(
                f"The folder of {self.name} cannot be removed: {error}.",
                next_step=f"Remove it by hand: rm -r '{self.folder}'",
            ) from error


@dataclass(frozen=True, kw_only=True)
class _SortedOut:
    """The folders of runs in a target directory."""

    ours: tuple[Run, ...] = ()
    refused: tuple[Refused, ...] = ()
    others: frozenset[str] = frozenset()


def never(*_: object) -> bool:
    """Nothing is so: git tracks nothing, no process lives."""
    return False


@dataclass(frozen=True, kw_only=True)
class Runs:
    """All runs of one workspace, whatever process started them."""

    target_directory: Path
    workspace: Path
    within: Path | None = None
    """What runs may not leave by a link (`output_root`), by default the target directory."""
    tracked: Callable[[Path], bool | None] = never
    """Whether git tracks a file of a folder: what came with a repository is none of ours."""
    lives: Callable[[Path], bool] = never
    """Whether a process of this user was started by the run of a folder."""
    moved_away: Callable[[Path, Path], bool] = never
    """Whether the processes of the run of a folder work outside of a workspace."""

    @property
    def _below(self) -> Path:
        return self.within or self.target_directory

    @property
    def folder(self) -> Path:
        """Where the runs have their folders."""
        return self.target_directory / "tasker-ci" / "runs"

    @property
    def logs(self) -> Path:
        """Where their logs are."""
        return self.target_directory / "tasker-ci" / LOGS

    def place(self, name: str) -> tuple[Path, Path]:
        """The run folder and the log folder of a run."""
        return self.folder / name, self.logs / name

    def create(self, plan: Plan, *, kind: str, session: str, compose_file: str = "") -> Run:
        """Make the folders of a new run and put it on record, before anything of it starts.

        The folder appears with its record in it, so that nobody takes the run for an orphan.
        Raises `ForeignPlace` where a folder for it is a link.
        """
        below = self._below
        with links_are_foreign():
            make_private_folder(plan.logs, within=below)
            make_folder(plan.folder.parent, within=below)
        part = plan.folder.with_name(f".{plan.folder.name}")
        part.mkdir(mode=_PRIVATE_FOLDER)
        part.chmod(_PRIVATE_FOLDER)
        start = start_of(os.getpid()) or ProcessStart()
        record = RunRecord(
            run=plan.run,
            kind=kind,
            session=session,
            workspace=plan.workspace,
            logs=plan.logs,
            pid=os.getpid(),
            created=start.created,
            ticks=start.ticks,
            boot=start.boot,
            folder=plan.folder,
            inode=inode_of(part),
            workspace_inode=inode_of(plan.workspace),
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            database=plan.database,
            services=plan.services,
            compose_file=compose_file,
        )
        try:
            Run(record=record, folder=part, workspace=plan.workspace).changed()
            mark_logs(plan.logs, below=below)
            part.rename(plan.folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return Run(record=record, folder=plan.folder, workspace=plan.workspace)

    def all(self) -> tuple[Run, ...]:
        """Every run of this workspace that has a folder of ours, the oldest first.

        Other workspaces may share the target directory. A workspace that was moved since is known
        by its number.
        """
        return self._sorted_out().ours

    def refused(self) -> tuple[Refused, ...]:
        """The folders that have a name of ours and are not taken for ours, each with the reason."""
        return self._sorted_out().refused

    def of_others(self) -> frozenset[str]:
        """The names of the runs of other workspaces that share the target directory."""
        return self._sorted_out().others

    def _sorted_out(self) -> _SortedOut:
        if link := first_link(self.folder, below=self._below):
            return _SortedOut(refused=(Refused(folder=link, reason="it is a link"),))
        try:
            folders = [each for each in self.folder.iterdir() if each.name.startswith(PREFIX)]
        except OSError:
            return _SortedOut()
        runs, refused, others = [], [], set()
        for folder in sorted(folders):
            record = read_record(folder)
            reason = why_refused(
                folder,
                record,
                below=self._below,
                logs=self.logs / folder.name,
                tracked=self.tracked,
                lives=self.lives,
            ) or self._why_a_copy(folder, record)
            if reason:
                refused.append(Refused(folder=folder, reason=reason))
            elif record is None or self._is_of_here(record):
                runs.append(self._run(folder, record))
            else:
                others.add(folder.name)
        runs.sort(key=lambda run: (run.record.started, run.name))
        return _SortedOut(ours=tuple(runs), refused=tuple(refused), others=frozenset(others))

    def _is_of_here(self, record: RunRecord) -> bool:
        """Whether the record is of this workspace, here or where it lay when the run started.

        Where the target directory lies elsewhere, a record does not move with its workspace: then
        a new checkout in the old place is another one.
        """
        number = record.workspace_inode
        if number != 0 and number == inode_of(self.workspace):
            return True
        if record.workspace == self.workspace:
            inside = self.folder.is_relative_to(self.workspace)
            return number == 0 or inside or not self._was_moved(record)
        lost = record.folder is not None and is_gone(record.folder)
        return lost and is_gone(record.workspace)

    def _why_a_copy(self, folder: Path, record: RunRecord | None) -> str | None:
        """Why a record is the copy of one of a workspace that lay here and was moved; None if not.

        Neither the run folder nor the workspace has the number that it had.
        """
        if record is None or record.folder != folder or record.workspace != self.workspace:
            return None
        numbers = (record.inode, record.workspace_inode)
        if 0 in numbers or record.inode == inode_of(folder):
            return None
        if record.workspace_inode == inode_of(self.workspace) or not self._was_moved(record):
            return None
        return "it is a copy of one of a project that lay here before"

    def _was_moved(self, record: RunRecord) -> bool:
        """Whether the workspace of a record may be the one that was moved away from here.

        The processes of a native run say so; containers work nowhere, so of those it may be.
        """
        folder = record.folder or self.folder / record.run
        return record.kind == "compose" or self.moved_away(folder, self.workspace)

    def read(self, folder: Path) -> Run:
        """The run of a folder; without a readable record hardly more than its name is known."""
        return self._run(folder, read_record(folder))

    def named(self, name: str, origin: Path, workspace: Path | None = None) -> Run:
        """The run of a name whose folder is gone; it lay at ``origin``.

        ``workspace`` is where its workspace lay then, by default where it lies today.
        """
        run = self._run(self.folder / name, None)
        place = workspace or self.workspace
        return replace(run, record=replace(run.record, folder=origin, workspace=place))

    def _run(self, folder: Path, record: RunRecord | None) -> Run:
        nothing = RunRecord(
            run=folder.name,
            kind="",
            session="",
            workspace=self.workspace,
            logs=self.logs / folder.name,
            pid=0,
            created=0.0,
            started="",
        )
        return Run(record=record or nothing, folder=folder, workspace=self.workspace)

    def kept(self) -> tuple[Run, ...]:
        """The runs that were left on purpose."""
        return tuple(run for run in self.all() if run.record.kept)

    def prune_logs(self, keep: int = KEPT_LOGS) -> None:
        """Remove the logs of the oldest runs that are gone: only folders that we made."""
        living = frozenset(run.name for run in self.all())
        prune_logs(self.logs, below=self._below, keep=keep, living=living, tracked=self.tracked)


def new_name() -> str:
    """A name that no other run has; it is a valid name of a Compose project."""
    return f"{PREFIX}{secrets.token_hex(6)}"
