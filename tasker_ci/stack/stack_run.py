"""The way of one run of a stack: started, worked with, left or removed."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import Interrupted, TaskerCIError
from tasker_ci.process.git_repository import Git
from tasker_ci.rust.cargo_configuration import output_root, target_directory
from tasker_ci.stack.advice import how_to_end, how_to_use
from tasker_ci.stack.marked_runs import proves, works_outside
from tasker_ci.stack.migrations import migrate
from tasker_ci.stack.own_places import first_link
from tasker_ci.stack.runs import Runs
from tasker_ci.tools.child_environment import run_secrets, secret_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasker_ci.context import Context, Outcome
    from tasker_ci.settings.model import IntegrationSettings
    from tasker_ci.stack.base import Plan, Stack
    from tasker_ci.stack.choice import Kind
    from tasker_ci.stack.evidence import Evidence
    from tasker_ci.stack.ports import PortPlan
    from tasker_ci.stack.run_folder import Run


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a session wants of a stack."""

    session: str
    settings: IntegrationSettings
    """The settings with the session's flags."""
    services: tuple[str, ...] | None = None
    """The services that are wanted; None: all."""
    build: bool = True
    keep: bool = False
    """Whether the stack stays once it was healthy, whatever the work brought."""


def runs_of(context: Context) -> Runs:
    """The runs of this workspace.

    A link in place of the target directory is the user's own, and where it leads to is meant,
    unless it came with the repository.
    """
    named = target_directory(context.workspace, context.environment)
    directory = Path(os.path.normpath(named))
    within = output_root(context.workspace, directory)
    if first_link(directory, below=within) is None:
        directory = within = Path(os.path.realpath(directory))  # a link to itself stays what it is
    return Runs(
        target_directory=directory,
        within=within,
        workspace=context.workspace,
        tracked=partial(_is_tracked, context),
        lives=proves,
        moved_away=works_outside,
    )


def _is_tracked(context: Context, folder: Path) -> bool | None:
    runner, environment = context.runner, context.environment
    return Git(runner=runner, environment=environment, folder=context.workspace).tracks(folder)


@dataclass(kw_only=True)
class StackRun:
    """The way of one run; `go` and `end` are each called once."""

    context: Context
    request: Request
    kind: Kind
    plan: Plan
    stack: Stack
    work: Callable[[Plan], Outcome]
    ports: PortPlan
    """Holds the locks on the ports."""
    evidence: Evidence
    run: Run | None = None
    healthy: bool = False

    def whole(self) -> Outcome:
        """Start everything, do the work, leave or remove the stack; the outcome of the work."""
        outcome = self.context.runner.cancellation.guard(self.go, self.end)
        kept = self.run is not None and self.run.record.kept
        return replace(outcome, withdraw=self._withdraw) if kept else outcome

    def go(self) -> Outcome:
        """Start everything in its order and do the work."""
        settings = self.request.settings
        runs = runs_of(self.context)
        self.run = runs.create(
            self.plan,
            kind=self.kind,
            session=self.request.session,
            compose_file=settings.compose_file if self.kind == "compose" else "",
        )
        self.run.write_keys(keys_of(self.context, self.plan))
        runs.prune_logs()
        if self.request.build:
            self.stack.build()
        self.stack.start_database()
        secrets = run_secrets(self.context, self.plan.environment)
        if migrate(
            self.plan,
            settings.database,
            self.context.runner,
            self.context.reporter,
            hide=secrets.hidden,
        ):
            self.run = self.run.changed(migrated=True)
        self.stack.start_services()
        self.evidence.wait(settings.healthy_seconds)
        self.healthy = True
        return self.work(self.plan)

    def end(self, error: BaseException | None) -> None:
        """Keep the evidence if something went wrong, then leave or remove the stack."""
        if error is not None and self.run is not None:
            self.evidence.keep(error)
        if self._stays(error):
            self._leave()
            return
        try:
            self._remove()
        except (Exception, Interrupted) as failure:
            with suppress(Exception):
                self._tell_of_rest(failure)
            if error is None:
                raise

    def _stays(self, error: BaseException | None) -> bool:
        """A stack that never was healthy is of no use, and who interrupts wants nothing left."""
        expected = error is None or isinstance(error, TaskerCIError)
        seen = self.context.reporter.lost is None  # else nobody learns that something stays
        return self.request.keep and self.healthy and expected and seen

    def _leave(self) -> None:
        if self.run is not None:
            self.run = self.run.changed(kept=True)
        face = self.context.face
        with suppress(Exception):  # a screen that was closed
            self.context.reporter.line(
                f"The stack {self.plan.run} stays: "
                f"`{how_to_use(face)}` runs the tests on it, `{how_to_end(face)}` ends it."
            )

    def _withdraw(self) -> None:
        """End a stack that was kept after all: nobody could be told how to reach it."""
        reporter = self.context.reporter
        with suppress(Exception):  # a screen that was closed
            reporter.line(f"Its address could not be written, so the stack {self.plan.run} ends.")

        def remove(_: BaseException | None) -> None:
            try:
                self._remove()
            except TaskerCIError as failure:
                self._tell_of_rest(failure)

        self.context.runner.cancellation.guard(lambda: None, remove)

    def _remove(self) -> None:
        if not self.plan.folder.exists():
            return
        run = self.run or runs_of(self.context).read(self.plan.folder)
        remove_run(run, self.stack)

    def _tell_of_rest(self, failure: Exception | Interrupted) -> None:
        ours = isinstance(failure, TaskerCIError | Interrupted)
        what = str(failure) if ours else repr(failure)
        self.context.reporter.warning(
            f"The stack {self.plan.run} could not be removed: {what} "
            f"`{how_to_end(self.context.face, every=True)}` tries it again."
        )


def remove_run(run: Run, stack: Stack) -> None:
    """Stop everything of a run and remove its folder.

    Where that fails the keys are gone all the same, and the record stays for the next attempt.
    """
    try:
        stack.stop()
    finally:
        run.remove_keys()
    run.remove()


def keys_of(context: Context, plan: Plan) -> dict[str, str]:
    """What somebody else needs to use the stack of a plan: its secrets, and the URLs of the run."""
    names = (*secret_names(context), *url_variables(context.settings.integration))
    return {name: plan.environment[name] for name in names if plan.environment.get(name)}


def url_variables(settings: IntegrationSettings) -> list[str]:
    """The variables that say where the database and the services are."""
    services = (each.url_variable for each in settings.services.values())
    database = settings.database.variable if settings.database.service else ""
    return [name for name in (database, *services) if name]
