"""Small real Compose stacks, written where a test wants them, and what Docker has of them."""

from __future__ import annotations

import io
import os
import socket
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import faces
import workspaces

from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.screen.terminal import TerminalReporter
from tasker_ci.sessions import load_settings
from tasker_ci.stack.base import Endpoint, Plan
from tasker_ci.stack.compose import ComposeOptions, ComposeStack
from tasker_ci.stack.runs import new_name
from tasker_ci.text.masking import Secrets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMPOSE_FILE = "docker/docker-compose.test.yml"

SLEEPER = "trap 'exit 0' TERM; sleep 600 & wait"
"""A shell script that goes on until it is told to stop, and then stops at once."""


@dataclass(frozen=True, kw_only=True)
class ComposeRun:
    """A stack and what it was made from."""

    stack: ComposeStack
    plan: Plan
    screen: io.StringIO

    @property
    def workspace(self) -> Path:
        return self.plan.workspace


def compose_run(
    folder: Path,
    compose: str,
    *,
    services: Mapping[str, int] | None = None,
    database: str = "",
    settings: str = "",
    environment: Mapping[str, str] | None = None,
    secrets: frozenset[str] = frozenset(),
    run: str = "",
) -> ComposeRun:
    """A stack over a compose file with this text; nothing has started.

    ``services`` are names with their ports inside the container (0: none). What a service does not
    say of its image it gets by the variable BASE_IMAGE.
    """
    services = services or {}
    rows = "".join(
        f"[integration.services.{name}]\nport = {port}\n" for name, port in services.items()
    )
    stated = (
        f'[integration.database]\nservice = "{database}"\nimage-file = ""\n' if database else ""
    )
    text = f"{settings}\n{stated}{rows}"
    workspaces.write_files(folder, {".config/tasker-ci.toml": text, COMPOSE_FILE: compose})
    own = {**faces.clean_environment(), **(environment or {})}
    name = run or new_name()
    plan = Plan(
        run=name,
        workspace=folder,
        folder=folder / "target" / name,
        logs=folder / "target" / "logs" / name,
        database=endpoint(database, free_port(), 5432) if database else None,
        services=tuple(
            endpoint(each, free_port() if port else 0, port) for each, port in services.items()
        ),
        environment=own,
    )
    screen = io.StringIO()
    stack = ComposeStack(
        plan,
        load_settings(folder, own).settings.integration,
        ProcessRunner(Cancellation()),
        TerminalReporter(screen, color=False),
        options=ComposeOptions(
            secrets=Secrets({name: own[name] for name in secrets if own.get(name)})
        ),
    )
    return ComposeRun(stack=stack, plan=plan, screen=screen)


def endpoint(service: str, port: int, container_port: int) -> Endpoint:
    """A service of a plan without a health path."""
    return Endpoint(service=service, port=port, container_port=container_port, health="")


def free_port() -> int:
    """A port of this machine that nobody has at the moment."""
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


def shell_service(
    image: str, script: str, *, more: Mapping[str, str] | None = None, indent: str = "    "
) -> str:
    """The lines of a service that runs a shell script."""
    escaped = script.replace("$", "$$").replace('"', '\\"')
    lines = [f"image: {image}", f'command: ["sh", "-c", "{escaped}"]', "init: true"]
    lines += [f"{key}: {value}" for key, value in (more or {}).items()]
    return "".join(f"{indent}{line}\n" for line in lines)


def docker(*arguments: str) -> str:
    """Ask Docker something."""
    return subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, check=True, env=dict(os.environ)
    ).stdout.strip()


def remains(run: str) -> list[str]:
    """Whatever Docker still has of a run, found by name and by label."""
    kinds = {
        "container": ("container", "ls", "--all", "--format", "{{.Names}}"),
        "network": ("network", "ls", "--format", "{{.Name}}"),
        "volume": ("volume", "ls", "--format", "{{.Name}}"),
        "image": ("image", "ls", "--format", "{{.Repository}}"),
    }
    return [
        f"{kind} {name}"
        for kind, question in kinds.items()
        for name in docker(*question).splitlines()
        if run in name
    ]


def with_settings(run: ComposeRun) -> ComposeRun:
    """The same run with the settings as they lie on disk now."""
    stack = ComposeStack(
        run.plan,
        load_settings(run.workspace, run.plan.environment).settings.integration,
        ProcessRunner(Cancellation()),
        TerminalReporter(run.screen, color=False),
    )
    return ComposeRun(stack=stack, plan=run.plan, screen=run.screen)
