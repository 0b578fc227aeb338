"""The stack of Docker Compose: one project for each run, told apart by the run's name."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tasker_ci.errors import DockerUnavailable, ServiceFailed, TaskerCIError
from tasker_ci.process.command import Command, Output
from tasker_ci.stack.base import PlannedStack
from tasker_ci.stack.compose_environment import check_service_base, compose_environment
from tasker_ci.stack.compose_evidence import container_log, without_time, write_evidence
from tasker_ci.stack.compose_file import open_compose_file, override_path, raise_for_daemon
from tasker_ci.stack.compose_images import build_binaries, build_images
from tasker_ci.stack.compose_leftovers import leftover_stacks, remove_project, remove_stack
from tasker_ci.stack.compose_secrets import container_secrets
from tasker_ci.stack.compose_state import parse_inspections, parse_ps, service_states
from tasker_ci.stack.docker import NOWHERE, check_docker, docker_client, last_line
from tasker_ci.stack.health import wait_until_healthy
from tasker_ci.stack.images import ImageSource, database_image
from tasker_ci.text.masking import NO_SECRETS, HiddenLines, Secrets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.process.command import Runner
    from tasker_ci.stack.base import ServiceState
    from tasker_ci.stack.compose_file import ComposeFile
    from tasker_ci.stack.compose_state import Container
    from tasker_ci.stack.health import Progress

__all__ = ["ComposeOptions", "ComposeStack", "leftover_stacks", "remove_stack", "why_unavailable"]

_UP_SECONDS = 60.0
"""What `up` gets beyond the wait for what its services depend on."""


@dataclass(frozen=True, kw_only=True)
class ComposeOptions:
    """What a Compose stack is told besides the plan and the settings."""

    secrets: Secrets = NO_SECRETS
    """What nobody may see: it is hidden in the evidence."""
    build_environment: Mapping[str, str] | None = None
    """The environment of cargo's build, which needs no keys; by default the plan's."""
    packages: tuple[str, ...] | None = None
    """Where installed packages lie; by default `sys.path`."""
    libc: str | None = None
    """The C library of this machine, for example ``glibc 2.36``; None: ask for it."""
    client_tokens: Mapping[str, str] = field(default_factory=dict)
    """What the docker client needs to reach a registry or a daemon; services do not get it."""


@dataclass(eq=False, repr=False)
class ComposeStack(PlannedStack):
    """The `Stack` of a compose file.

    It may be made anew in another process for a run that was kept: states, evidence, tails and the
    end go by the project's name alone and need no compose file.
    """

    options: ComposeOptions = field(default_factory=ComposeOptions, kw_only=True)

    def __post_init__(self) -> None:
        self._client = {**self.plan.environment, **self.options.client_tokens}
        self._docker = docker_client(self.runner, self._client)
        self._opened: ComposeFile | None = None
        self._images_built = False
        self._binaries: Path | None = None
        self._asked: tuple[str, ...] = ()
        """The containers whose secrets are `_known`."""
        self._known = self.options.secrets

    def build(self) -> None:
        """Build the programs, the database's image and the services' images, and fetch the rest."""
        file = self._file()
        if file.needs_programs:
            check_service_base(file.started, self._libc)
        given = self.options.build_environment
        environment = self.plan.environment if given is None else given
        self._binaries = build_binaries(
            file, self.settings, environment, self.runner, self.reporter
        )
        self._build_images(file)

    def start_database(self) -> None:
        endpoint = self.plan.database
        if endpoint is None:
            return
        self._up(endpoint.service)
        wait_until_healthy(
            self,
            replace(self.plan, services=()),
            seconds=self.settings.healthy_seconds,
            watcher=_Silence(),
            sleep=self.runner.cancellation.pause,
        )

    def start_services(self) -> None:
        if not self.plan.services:
            return
        if not self._images_built:  # `--no-build` spares cargo; images belong to one run only
            self._build_images(self._file())
        self._up(*(endpoint.service for endpoint in self.plan.services))

    def states(self) -> tuple[ServiceState, ...]:
        """The state of every service of the plan, and of others of the project that have failed."""
        containers = self._containers()
        unclear = [each.id for each in containers if not each.settled]
        # One that has just been removed makes it fail and leaves the others readable.
        text = self._docker.run("inspect", *unclear).stdout if unclear else ""
        names = (endpoint.service for endpoint in self.plan.endpoints)
        states = service_states(names, containers, parse_inspections(text))
        if not any(state.detail for state in states):
            return states
        hide = self._secrets(containers).hidden
        return tuple(replace(state, detail=hide(state.detail)) for state in states)

    def collect(self, folder: Path) -> None:
        """Write the evidence; no signal ends it, and no failure of it is raised."""
        model = self._opened.model if self._opened else {}
        try:
            write_evidence(
                folder,
                self._docker,
                self._secrets(None),
                lambda: self._containers(shielded=True),
                model,
                within=self.plan.within,
            )
        except OSError as error:
            self.reporter.warning(
                f"The evidence cannot be written into {folder}: {error.strerror or error}."
            )

    def tail(self, service: str, lines: int) -> str:
        """The last lines that a service printed; empty if it has printed nothing, or is absent."""
        try:
            containers = self._containers(shielded=True)
            printed = [
                without_time(line)
                for container in containers
                if container.service == service
                for line in container_log(self._docker, container.id, lines=lines)
            ]
        except TaskerCIError as error:
            return f"(its log is not to be had: {error.message})"
        return "\n".join(self._secrets(containers).hidden_lines(printed[-lines:]))

    def stop(self) -> None:
        """Remove all of the run: containers, networks, volumes, its images.

        Raises `StackRemains`, or `DockerUnavailable` if Docker is gone in the meantime; where
        nothing can have been started yet, its absence is no error.
        """
        try:
            remove_project(
                self._docker,
                self.plan.run,
                self.plan.started_at.workspace,
                stop_seconds=self.settings.stop_seconds,
            )
        except DockerUnavailable:
            if override_path(self.plan).exists():
                raise

    def follow(self, *services: str, lines: int) -> None:
        """Print the last lines of some services and what comes then, until the stack is gone."""
        secrets = self._secrets(None)
        hide: defaultdict[str, HiddenLines] = defaultdict(lambda: HiddenLines(secrets))

        def show(line: str) -> None:
            self.reporter.output(hide[line.partition("|")[0]](line))

        self.runner.run(
            self.log_command(*services, lines=lines),
            output=Output.HAND_ON,
            on_line=show,
            on_error_line=show,
        )

    def log_command(self, *services: str, lines: int) -> Command:
        """The command that shows the logs of some services, live."""
        return self._docker.command(
            *("compose", "--ansi", "always" if self.reporter.color else "never"),
            *("--project-name", self.plan.run, "logs", "--timestamps", "--follow"),
            *("--tail", str(lines)),
            *services,
        )

    def _secrets(self, containers: tuple[Container, ...] | None) -> Secrets:
        """What nobody may see of the run, with what its containers were given."""
        try:
            found = self._containers(shielded=True) if containers is None else containers
            ids = tuple(sorted(each.id for each in found))
            if ids != self._asked:
                self._known = container_secrets(self._docker, self.options.secrets, ids)
                self._asked = ids
        except TaskerCIError:
            pass  # who shows something learns that there is no daemon
        return self._known

    def _file(self) -> ComposeFile:
        """The compose file, opened on first use: the daemon answers, the database has an image."""
        if self._opened is None:
            plan, settings = self.plan, self.settings
            check_docker(self.runner, self._client, NOWHERE)
            libc = self._libc
            self._opened = open_compose_file(
                plan.workspace / settings.compose_file,
                plan,
                {
                    **compose_environment(plan, settings, image=self._database_image(), libc=libc),
                    **self.options.client_tokens,
                },
                self.runner,
                self.reporter,
            )
        return self._opened

    @property
    def _libc(self) -> str | None:
        return _own_libc() if self.options.libc is None else self.options.libc

    def _database_image(self) -> str | None:
        source = ImageSource(
            workspace=self.plan.workspace,
            settings=self.settings.database,
            environment=self._client,
            build_seconds=self.settings.build_seconds,
            packages=self.options.packages,
        )
        image = database_image(source, self.runner, self.reporter)
        if image is None:
            return None
        self.reporter.line(f"image of the database: {image.name} ({image.origin})")
        return image.name

    def _build_images(self, file: ComposeFile) -> None:
        hide = self.options.secrets.hidden
        build_images(file, self.settings, self._docker, self.reporter, self._binaries, hide=hide)
        self._images_built = True

    def _up(self, *services: str) -> None:
        """Start services; `up` itself waits for what they depend on, so it gets that time too."""
        command = self._file().command("up", "--detach", "--no-build", *services)
        seconds = self.settings.healthy_seconds + _UP_SECONDS
        with self.reporter.running(str(command)):
            answer = self.runner.run(command, output=Output.CAPTURE_BOTH, timeout=seconds)
        if answer.exit_code == 0:
            return
        raise_for_daemon(command, answer)
        reason = self._secrets(None).hidden(last_line(answer.stderr))
        failed = next((state.service for state in self.states() if state.failed), None)
        raise ServiceFailed(
            f"Compose cannot start {' and '.join(services)}: {reason}",
            service=failed or (services[0] if len(services) == 1 else None),
            next_step="Its last lines say why." if failed else "Fix what it names.",
        )

    def _containers(self, *, shielded: bool = False) -> tuple[Container, ...]:
        text = self._docker.text(
            *("compose", "--project-name", self.plan.run, "ps", "--all", "--format", "json"),
            shielded=shielded,
        )
        return parse_ps(text)


class _Silence:
    """Nobody is told: the database is up in a moment."""

    def look(self, progress: tuple[Progress, ...]) -> None:
        pass


def why_unavailable(runner: Runner, environment: Mapping[str, str], directory: Path) -> str | None:
    """Why no stack of Compose can be started here, as a clause; None if it can."""
    try:
        check_docker(runner, environment, directory)
    except DockerUnavailable as error:
        text = error.message.rstrip(".")
        return text[0].lower() + text[1:]
    return None


def _own_libc() -> str | None:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or None
    except (ValueError, OSError):  # not known to this system: macOS, musl
        return None
