"""What a stack is: the plan of one run, the state of its services, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.process.command import Runner
    from tasker_ci.screen.reporter import Reporter
    from tasker_ci.settings.model import IntegrationSettings

MARK = "_TASKER_CI_STACK"
"""The variable that holds the run in every process of a native stack, so that it is found again."""

FOLDER_MARK = "_TASKER_CI_STACK_FOLDER"
"""The variable that holds the run folder, so that a run is known by its processes alone."""

GRACE_SECONDS = 1.5
"""How long a command may take to stop after a signal while services run.

GitHub gives a cancelled step 10 s in all; evidence (2 s after the signal) and teardown come after.
"""


class Phase(StrEnum):
    """How far a service is."""

    MISSING = "not started"
    STARTING = "starting"
    RUNNING = "running"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    EXITED = "exited"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One service with the ports of this run."""

    service: str
    port: int
    """The port on 127.0.0.1 of this machine; 0 if it listens on none."""
    container_port: int
    health: str
    """The path that answers 200 once it is healthy, as settings and the record of a run have it:
    empty where there is none."""

    @property
    def health_url(self) -> str | None:
        """Where its health is asked for; always by address, because `localhost` may be ::1."""
        return f"http://127.0.0.1:{self.port}{self.health}" if self.health else None


@dataclass(frozen=True, kw_only=True)
class ServiceState:
    """What the stack itself knows of a service, without asking it over HTTP."""

    service: str
    phase: Phase
    exit_code: int | None = None
    detail: str = ""
    """What there is to say of it, for example the last output of a health check."""

    @property
    def failed(self) -> bool:
        """Whether waiting has no point: unhealthy, or ended with a code that is not 0."""
        return self.phase is Phase.UNHEALTHY or (self.phase is Phase.EXITED and self.exit_code != 0)


@dataclass(frozen=True, kw_only=True)
class RunOrigin:
    """Where a run was started: labels and marks name these places also when all was moved."""

    workspace: Path
    folder: Path


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything about one run of a stack, before anything of it has started."""

    run: str
    """The name of the run, lower case; it is the Compose project as well."""
    workspace: Path
    folder: Path
    """The run's own folder (0700): its record, its keys, PostgreSQL's data, Compose's override."""
    logs: Path
    """Where logs and evidence are kept."""
    database: Endpoint | None
    services: tuple[Endpoint, ...]
    """The services without the database, in the order of the settings."""
    environment: Mapping[str, str]
    """The environment of this machine's side: the table with this run's ports and keys."""
    origin: RunOrigin | None = None
    """Where the run was started if that was earlier; None: here."""

    @property
    def started_at(self) -> RunOrigin:
        """Where the run was started."""
        return self.origin or RunOrigin(workspace=self.workspace, folder=self.folder)

    @property
    def within(self) -> Path:
        """The target directory: what is written for the run leaves it through no link."""
        return self.folder.parents[2]

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The database, then the services."""
        return (*((self.database,) if self.database else ()), *self.services)


def marks(plan: Plan) -> dict[str, str]:
    """The variables by which every process of a run is found again, whatever became of us."""
    return {MARK: plan.run, FOLDER_MARK: str(plan.folder)}


class Stack(Protocol):
    """The services of one plan. Every method may be called again after it failed."""

    def build(self) -> None:
        """Build what the services need; raises `CommandFailed` or `CommandTimedOut`."""

    def start_database(self) -> None:
        """Start the database and return when it answers; nothing where the plan has none."""

    def start_services(self) -> None:
        """Start all services; returns when they are started, healthy or not."""

    def states(self) -> tuple[ServiceState, ...]:
        """The state of every service of the plan, now."""

    def collect(self, folder: Path) -> None:
        """Write the evidence into ``folder``: states, health output, logs, configuration."""

    def tail(self, service: str, lines: int) -> str:
        """The last lines that a service printed."""

    def stop(self) -> None:
        """Stop everything and remove it, volumes and networks too; returns when it is gone."""


@dataclass(eq=False, repr=False)
class PlannedStack:
    """What a `Stack` of either kind is made with; not shown, because the plan holds keys."""

    plan: Plan
    settings: IntegrationSettings
    runner: Runner
    reporter: Reporter
