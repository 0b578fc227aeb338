"""The Docker client: whether it, Compose and a daemon are there, and asking them something."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import (
    CommandFailed,
    CommandTimedOut,
    ComposeMissing,
    DaemonForbidden,
    DaemonUnreachable,
    DockerMissing,
    MissingToolError,
    TaskerCIError,
)
from tasker_ci.process.absent_programs import why_closed
from tasker_ci.process.command import Command, Completed, Output
from tasker_ci.stack.base import FOLDER_MARK, MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.process.command import Runner

OLDEST_COMPOSE = (2, 24, 4)
"""The first version that reads `!override`: https://docs.docker.com/reference/compose-file/merge/"""

QUERY_SECONDS = 20.0
"""How long a question may take that does no work; a daemon that hangs is as good as none."""

NOWHERE = Path("/")
"""Where the client runs if it must read no compose file: it looks for one in every parent."""

_DEFAULT_SOCKET = "unix:///var/run/docker.sock"
_INSTALL_DOCKER = "Install Docker (https://docs.docker.com/engine/install/)"
_INSTALL_COMPOSE = "Install the Compose plugin (https://docs.docker.com/compose/install/linux/)"
_NATIVE = "run without Docker: `--stack native`"

_NO_DAEMON = (
    "cannot connect to the docker daemon",
    "failed to connect to the docker api",
    "error during connect",  # also of a daemon that ended while it was asked
)

_OURS = frozenset({"HOME", "LANG", "PATH", "SSH_AUTH_SOCK", "TMPDIR", "USER", "XDG_RUNTIME_DIR"})
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"})


_CLIENT_TOKENS = ("DOCKER_AUTH_CONFIG", "SSH_AUTH_SOCK")
"""By them the client reaches a private registry, and a daemon over SSH."""


@dataclass(frozen=True, kw_only=True)
class DockerVersions:
    """What answered."""

    compose: str
    engine: str


_DAEMON = ("version", "--format", "{{.Server.Version}}")


@dataclass(frozen=True, kw_only=True)
class Docker:
    """The client with its environment, to ask questions and to give orders."""

    runner: Runner
    environment: Mapping[str, str]
    directory: Path
    """Where it runs: a folder without a compose file in or above it, which it would read."""

    def command(self, *arguments: str) -> Command:
        """``docker`` with arguments."""
        return Command(
            argv=("docker", *arguments), cwd=self.directory, environment=self.environment
        )

    def run(
        self,
        *arguments: str,
        timeout: float = QUERY_SECONDS,
        shielded: bool = False,
        output: Output = Output.CAPTURE,
        cancelled: Callable[[], bool] | None = None,
    ) -> Completed:
        """Run it and return how it ended.

        Raises `DockerMissing`, `CommandTimedOut`, or `DaemonUnreachable` for a daemon that did not
        answer before in this session: nobody waits for it twice.
        """
        if self._address in self.runner.silent:
            raise self._hangs()
        command = self.command(*arguments)
        try:
            return self.runner.run(
                command, output=output, timeout=timeout, shielded=shielded, cancelled=cancelled
            )
        except MissingToolError as error:
            closed = why_closed("docker", self.environment.get("PATH", ""))
            if closed is not None:
                message = f"The Docker client cannot be run: it {closed[0]}."
                raise DockerMissing(message, next_step=f"{closed[1]}, or {_NATIVE}.") from error
            raise DockerMissing(
                "There is no Docker client here (`docker` is not on PATH).",
                next_step=f"{_INSTALL_DOCKER}, or {_NATIVE}.",
            ) from error

    def text(self, *arguments: str, timeout: float = QUERY_SECONDS, shielded: bool = False) -> str:
        """What it answers to a question.

        Raises `DaemonUnreachable` also for a daemon that hangs, and what `raise_for` raises.
        """
        try:
            completed = self.run(*arguments, timeout=timeout, shielded=shielded)
        except CommandTimedOut as error:
            raise self.hanging() from error
        raise_for(self.command(*arguments), completed, self.environment)
        return completed.stdout

    def hanging(self) -> TaskerCIError:
        """The error for a daemon that has not answered; nothing asks it again in this session."""
        self.runner.silent.add(self._address)
        return self._hangs()

    def _hangs(self) -> TaskerCIError:
        return _unreachable(
            f"does not answer within {QUERY_SECONDS:g} s", "", self.environment, verb="restart"
        )

    @property
    def _address(self) -> str:
        """Which daemon the client speaks to."""
        names = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG")
        return " ".join(("docker", *(self.environment.get(name, "") for name in names)))

    def check_daemon(self, *, shielded: bool = False) -> None:
        """Raise if the daemon does not answer: of a client that failed it may be the reason."""
        self.text(*_DAEMON, shielded=shielded)


def docker_client(runner: Runner, environment: Mapping[str, str]) -> Docker:
    """The client for everything that needs no compose file."""
    return Docker(runner=runner, environment=docker_environment(environment), directory=NOWHERE)


def client_tokens(environment: Mapping[str, str]) -> dict[str, str]:
    """The tokens of a process that the client needs and nothing that it starts gets."""
    return {name: environment[name] for name in _CLIENT_TOKENS if name in environment}


def docker_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that the client needs: nothing of it is a value of the table."""
    return {
        name: value
        for name, value in environment.items()
        if name in _OURS
        or name.upper() in _PROXIES
        or name in {MARK, FOLDER_MARK}  # a client of a killed run is found by them
        or name.startswith(("BUILDKIT_", "BUILDX_", "DOCKER_", "LC_"))
    }


def check_docker(runner: Runner, environment: Mapping[str, str], directory: Path) -> DockerVersions:
    """Return the versions of Compose and of the daemon.

    Raises `DockerMissing`, `ComposeMissing`, `DaemonUnreachable` or `DaemonForbidden`, each with
    what to do about it.
    """
    docker = Docker(runner=runner, environment=docker_environment(environment), directory=directory)
    return DockerVersions(compose=_compose_version(docker), engine=_engine_version(docker))


def raise_for(command: Command, completed: Completed, environment: Mapping[str, str]) -> None:
    """Raise if the client failed: for the daemon's absence, else `CommandFailed` with its words."""
    if completed.exit_code == 0:
        return
    _raise_for_daemon(completed.stderr, environment)
    reason = last_line(completed.stderr) or f"exit code {completed.exit_code}"
    name = " ".join(command.argv[:3])
    raise CommandFailed(f"`{name}` failed: {reason}", exit_code=completed.exit_code)


def last_line(text: str) -> str:
    """The last line that says something; empty if none does."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _compose_version(docker: Docker) -> str:
    answer = docker.run("compose", "version", "--short")
    version = answer.stdout.strip().removeprefix("v")
    if answer.exit_code or not version:
        raise _without_compose(docker, answer)
    numbers = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)  # a build of one's own says "dev"
    if numbers and tuple(int(part or 0) for part in numbers.groups()) < OLDEST_COMPOSE:
        wanted = ".".join(map(str, OLDEST_COMPOSE))
        message = f"Docker Compose {version} is too old: {wanted} or newer is needed."
        raise ComposeMissing(message, next_step=f"{_INSTALL_COMPOSE}, or {_NATIVE}.")
    return version


def _without_compose(docker: Docker, answer: Completed) -> ComposeMissing:
    """Why ``docker compose`` does not answer.

    A client without the plugin says `docker: unknown command`, or `'compose' is not a docker
    command`, or that it does not know the flag.
    """
    old = shutil.which("docker-compose", path=docker.environment.get("PATH"))
    if old is not None:
        message = (
            f"Only docker-compose version 1 is here ({old}), which ended in 2023: `docker compose` "
            "does not answer."
        )
    else:
        said = last_line(answer.stderr.splitlines()[0] if answer.stderr.strip() else "")
        message = f"The Docker client has no Compose plugin: `docker compose` says “{said}”."
    return ComposeMissing(message, next_step=f"{_INSTALL_COMPOSE}, or {_NATIVE}.")


def _engine_version(docker: Docker) -> str:
    try:
        answer = docker.run(*_DAEMON)
    except CommandTimedOut as error:
        raise docker.hanging() from error
    if answer.exit_code:
        _raise_for_daemon(answer.stderr, docker.environment)
        raise DaemonUnreachable(
            f"The Docker daemon cannot be asked: {last_line(answer.stderr)}",
            next_step=f"Run `docker version` and mend what it says, or {_NATIVE}.",
        )
    return answer.stdout.strip()


def _raise_for_daemon(said: str, environment: Mapping[str, str]) -> None:
    lower = said.lower()
    if "permission denied" in lower and ("daemon socket" in lower or "docker api" in lower):
        place = _place(said, environment)
        raise DaemonForbidden(
            f"This user may not speak to the Docker daemon at {place} (permission denied).",
            next_step="`sudo usermod -aG docker $USER` and log in again (members of the group "
            f"docker are root on this machine), or {_NATIVE}.",
        )
    if any(words in lower for words in _NO_DAEMON):
        raise _unreachable("does not answer", said, environment)


def _unreachable(
    what: str, said: str, environment: Mapping[str, str], *, verb: str = "start"
) -> TaskerCIError:
    start = "open -a Docker" if sys.platform == "darwin" else f"sudo systemctl {verb} docker"
    source = " (from DOCKER_HOST)" if environment.get("DOCKER_HOST") else ""
    return DaemonUnreachable(
        f"The Docker daemon at {_place(said, environment)}{source} {what}.",
        next_step=f"{verb.capitalize()} it (`{start}`), or {_NATIVE}.",
    )


def _place(said: str, environment: Mapping[str, str]) -> str:
    named = re.search(
        r"(?:daemon|socket|API) at ((?:unix|tcp|ssh|npipe|http)://\S+?)[.:;]?(?:\s|$)", said
    )
    return named[1] if named else environment.get("DOCKER_HOST") or _DEFAULT_SOCKET
