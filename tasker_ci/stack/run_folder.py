"""One run of a stack and its folder: what is on record of it, its keys, what has become of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import StackRemains
from tasker_ci.process.start import ProcessStart, is_elsewhere, start_of
from tasker_ci.stack.base import Plan, RunOrigin
from tasker_ci.stack.own_places import links_are_foreign, remove_folder
from tasker_ci.stack.run_records import RECORD, RunRecord
from tasker_ci.text.file_reading import read_own
from tasker_ci.text.file_removing import remove_file
from tasker_ci.text.file_writing import PRIVATE, write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

KEYS = "keys.json"

LOGS = "logs"


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
