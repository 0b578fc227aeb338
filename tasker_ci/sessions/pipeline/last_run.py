"""How the sessions of the pipeline ended in the last run of `ci`, for `ci --failed`.

A file for each project in its target directory. It is written when a run begins, so that a session
that was cut off counts as one that has not ended.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tasker_ci.context import Status
from tasker_ci.errors import TaskerCIError, UnsafePlace, UsageError
from tasker_ci.pipeline import narrowed
from tasker_ci.rust.cargo_configuration import output_root, target_directory
from tasker_ci.sessions.history.public import PROVEN
from tasker_ci.sessions.pipeline.proofs.store import name_of_project
from tasker_ci.text.durations import ago
from tasker_ci.text.file_reading import RECORD_BYTES, read_bytes
from tasker_ci.text.file_writing import PRIVATE, write_file
from tasker_ci.text.foreign import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.pipeline import PlannedSession

VERSION = 1
NOT_ENDED = "not ended"
"""The status of a session from the beginning of a run until its end."""

_UNREADABLE = (
    *(OSError, ValueError, RecursionError, OverflowError),
    *(KeyError, TypeError, AttributeError),
)
_DONE = {Status.PASSED, PROVEN, Status.SKIPPED}
"""With any other status a session runs again: red, NOT CHECKED, stopped, never begun."""


@dataclass(frozen=True, kw_only=True)
class LastRun:
    """A run of `ci`, and how each session had ended after it."""

    began: float
    """In seconds since 1970."""
    statuses: Mapping[str, str] = field(default_factory=dict)

    def left(self, plan: Iterable[PlannedSession]) -> tuple[PlannedSession, ...]:
        """The sessions of a plan that are not done, with what they wait for among themselves.

        One of which the run knows nothing is not done either.
        """
        steps = tuple(plan)
        names = [each.session for each in steps if self.statuses.get(each.session) not in _DONE]
        return narrowed(steps, names)

    def told(self, name: str) -> str:
        """What became of a session, for people."""
        return self.statuses.get(name, "new")

    def data(self) -> dict[str, Any]:
        """What `--json` says of it."""
        began = datetime.fromtimestamp(self.began, UTC).isoformat(timespec="seconds")
        return {"began": began, "sessions": dict(self.statuses)}


@dataclass(frozen=True, kw_only=True)
class LastRunFile:
    """Where the last run of one project is kept."""

    file: Path
    within: Path
    """The folder that the file may not leave, through no link."""

    @classmethod
    def of(cls, context: Context) -> LastRunFile:
        """The file of a project; several that share a target directory have one each."""
        directory = target_directory(context.workspace, context.environment)
        return cls(
            file=directory / "tasker-ci" / "last-run" / f"{name_of_project(context)}.json",
            within=output_root(context.workspace, directory),
        )

    def read(self) -> LastRun | None:
        """The last run; None where there is none, or none of this version."""
        with suppress(*_UNREADABLE):
            document = json.loads(read_bytes(self.file, most=RECORD_BYTES, own=True))
            if document["version"] == VERSION:
                rows = document["sessions"].items()
                statuses = {one_line(str(name)): one_line(str(each)) for name, each in rows}
                datetime.fromtimestamp(float(document["began"]), UTC)
                return LastRun(began=float(document["began"]), statuses=statuses)
        return None

    def keep(self, run: LastRun) -> None:
        """Keep a run in place of the one before; raises `OSError`, `UnsafePlace`."""
        document = {"version": VERSION, "began": run.began, "sessions": dict(run.statuses)}
        write_file(self.file, json.dumps(document), within=self.within, mode=PRIVATE)


def left_of(
    context: Context, plan: tuple[PlannedSession, ...], last: LastRun | None, clock: float
) -> tuple[PlannedSession, ...]:
    """What of a plan runs again, said in a line; raises `UsageError` without a last run."""
    if last is None:
        message = "No run of `ci` is known here, so that nothing can run again."
        raise UsageError(message, next_step=f"Run {context.face.command_line('ci')}.")
    left = last.left(plan)
    names = ", ".join(f"{step.session} ({last.told(step.session)})" for step in left)
    told = names or "nothing is left"
    context.reporter.line(f"of the run {ago(clock - last.began)}: {told}")
    gone = last.statuses.keys() - {step.session for step in plan}
    for name in sorted(name for name in gone if last.statuses[name] not in _DONE):
        context.reporter.line(f"note: {name} was {last.told(name)}; the pipeline has it no more.")
    return left


@dataclass(kw_only=True)
class Remembered:
    """Keeps how the sessions of this run end, beside those that do not run again."""

    context: Context
    file: LastRunFile
    run: LastRun

    @classmethod
    def begin(
        cls,
        context: Context,
        file: LastRunFile,
        plan: Iterable[PlannedSession],
        running: Iterable[PlannedSession],
        last: LastRun | None,
        clock: Callable[[], float] = time.time,
    ) -> Remembered:
        """Note that those ``running`` have not ended; the others of ``plan`` are as they were."""
        known = last.statuses if last else {}
        statuses = {
            **{step.session: known.get(step.session, NOT_ENDED) for step in plan},
            **{step.session: NOT_ENDED for step in running},
        }
        run = LastRun(began=clock(), statuses=statuses)
        remembered = cls(context=context, file=file, run=run)
        remembered._keep()
        return remembered

    def end(self, statuses: Mapping[str, str]) -> None:
        """Note how the sessions have ended."""
        self.run = replace(self.run, statuses={**self.run.statuses, **statuses})
        self._keep()

    def _keep(self) -> None:
        try:
            self.file.keep(self.run)
        except (OSError, UnsafePlace, TaskerCIError) as error:
            why = getattr(error, "strerror", None) or str(error).rstrip(".")
            self.context.reporter.line(f"note: `ci --failed` will not know this run: {why}.")
