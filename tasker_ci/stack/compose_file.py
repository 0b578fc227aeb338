"""The compose file of one run: read, adapted by its override, and the commands over both."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import CommandFailed, ComposeFileError
from tasker_ci.process.command import Command, Completed, Output
from tasker_ci.stack.compose_environment import binaries_context
from tasker_ci.stack.compose_override import override_text, started_services
from tasker_ci.stack.docker import last_line, raise_for
from tasker_ci.text.file_writing import write_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.process.command import Runner
    from tasker_ci.screen.reporter import Reporter
    from tasker_ci.stack.base import Plan

OVERRIDE = "override.yml"

_READ_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class ComposeFile:
    """A compose file with the override of its run."""

    path: Path
    plan: Plan
    environment: Mapping[str, str]
    """The environment in which it is read: the table and what is derived from it."""
    model: Mapping[str, Any] = field(default_factory=dict)
    """What it says, the override included, once it is open."""

    @property
    def override(self) -> Path:
        """Where the override lies."""
        return override_path(self.plan)

    @property
    def started(self) -> dict[str, Mapping[str, Any]]:
        """What runs: the services of the plan and what they depend on."""
        names = started_services(self.model, self.plan)
        return {name: self.model["services"][name] for name in names}

    @property
    def needs_programs(self) -> bool:
        """Whether an image of the stack is made of what cargo builds on this machine."""
        folder = str(binaries_context(self.plan.folder))
        return any(
            (row.get("build") or {}).get("context", "").startswith(folder)
            for row in self.started.values()
        )

    def command(self, *arguments: str) -> Command:
        """``docker compose`` over both files."""
        return self._command((self.path, self.override), arguments)

    def _command(self, files: tuple[Path, ...], arguments: tuple[str, ...]) -> Command:
        named = (word for file in files for word in ("--file", str(file)))
        return Command(
            argv=(
                *("docker", "compose", "--project-name", self.plan.run),
                *("--project-directory", str(self.plan.workspace), *named),
                *arguments,
            ),
            cwd=self.plan.workspace,
            environment=self.environment,
        )

    def read(self, runner: Runner, *files: Path) -> Mapping[str, Any]:
        """What Compose makes of files; raises `ComposeFileError` with its reason."""
        command = self._command(files, ("config", "--format", "json"))
        answer = runner.run(command, output=Output.CAPTURE, timeout=_READ_SECONDS)
        if answer.exit_code:
            raise ComposeFileError(
                f"Compose cannot read {self.path}: {last_line(answer.stderr)}",
                next_step="Mend the file, or the value that it asks for.",
            )
        model: Mapping[str, Any] = json.loads(answer.stdout)
        return model


def override_path(plan: Plan) -> Path:
    """Where the override of a run lies; it is there once anything can have been started."""
    return plan.folder / OVERRIDE


def open_compose_file(
    path: Path, plan: Plan, environment: Mapping[str, str], runner: Runner, reporter: Reporter
) -> ComposeFile:
    """Read a compose file and write its override for this run.

    Raises `ComposeFileError` if it is not there, cannot be read or lacks a service.
    """
    if not path.is_file():
        raise ComposeFileError(
            f"There is no compose file {path}.",
            next_step="Write one, set `integration.compose-file`, or use `--stack native`.",
        )
    alone = ComposeFile(path=path, plan=plan, environment=environment)
    model = alone.read(runner, path)
    for name, row in model["services"].items():
        if row.get("container_name"):
            reporter.warning(
                f"{path.name} gives {name} a `container_name`, which two runs cannot both have."
            )
    plan.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_file(alone.override, override_text(model, plan), within=plan.within)
    return ComposeFile(
        path=path,
        plan=plan,
        environment=environment,
        model=alone.read(runner, path, alone.override),
    )


def raise_for_daemon(command: Command, answer: Completed) -> None:
    """Raise `DaemonUnreachable` or `DaemonForbidden` if that is why a command failed."""
    try:
        raise_for(command, answer, command.environment)
    except CommandFailed:
        return
