"""The runs of stacks in a workspace: how one begins, which are its own, which are left over."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tasker_ci.process.start import ProcessStart, start_of
from tasker_ci.stack.own_places import (
    PREFIX,
    first_link,
    inode_of,
    links_are_foreign,
)
from tasker_ci.stack.run_folder import LOGS, Run
from tasker_ci.stack.run_logs import mark_logs, prune_logs
from tasker_ci.stack.run_records import Refused, RunRecord, read_record, why_refused
from tasker_ci.text.file_reading import is_gone
from tasker_ci.text.file_writing import (
    make_folder,
    make_private_folder,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasker_ci.stack.base import Plan

KEPT_LOGS = 20
"""So many runs' logs are kept; those of older ones make room."""

_PRIVATE_FOLDER = 0o700


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
