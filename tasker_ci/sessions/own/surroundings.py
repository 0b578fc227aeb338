"""What surrounds a session of the project's own: its environment, its folder, its services."""

from __future__ import annotations

import shlex
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandTimedOut, MissingToolError, SettingsError, UsageError
from tasker_ci.process.left_behind import end_left_behind, marked
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.stack.beside import with_services
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.target_folders import check_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.context import Context, Outcome
    from tasker_ci.process.command import Command, Completed
    from tasker_ci.sessions.own.settings import OwnSession


def settings_of(context: Context, name: str) -> OwnSession:
    """The table of a session; the defaults for one of a package that the settings do not name."""
    from tasker_ci.sessions.own.settings import OwnSession

    own: OwnSession = context.settings.table("sessions").get(name, OwnSession())
    return own


def environment_of(context: Context, own: OwnSession) -> dict[str, str]:
    """What it gets: as every session, its own variables, the folder where its artefacts are."""
    compiles = own.compiles != "none"
    apart = (
        {"CARGO_TARGET_DIR": str(check_directory(context).path)} if own.compiles == "check" else {}
    )
    given = child_environment(context, secrets=bool(own.services), sccache=compiles)
    return {**given, **apart, **own.environment}


def directory_of(context: Context, name: str, own: OwnSession) -> Path:
    """Where it runs. Raises `SettingsError` for a folder that is not one of the project."""
    folder = (context.workspace / own.directory).resolve()
    tops = (context.project_root.resolve(), context.workspace.resolve())
    if folder.is_dir() and any(folder.is_relative_to(top) for top in tops):
        return folder
    why = "leaves the project" if folder.is_dir() else "is no folder"
    raise SettingsError(
        f"The directory of the session `{name}` {why}: {folder}.",
        next_step=f"Change `directory` in [sessions.{name}] of {SETTINGS_FILE}.",
    )


@contextmanager
def deadline_of(name: str, own: OwnSession) -> Iterator[None]:
    """A deadline that passes within the block is the session's; raises `CommandTimedOut`."""
    try:
        yield
    except CommandTimedOut as error:
        raise CommandTimedOut(
            f"`{name}` ran past its deadline of {own.timeout_seconds} s and was stopped.",
            next_step=f"Raise `timeout-seconds` in [sessions.{name}] of {SETTINGS_FILE}, or find "
            "what hangs.",
        ) from error


def run_whole(context: Context, command: Command, timeout: float) -> Completed:
    """Run a command and end what it leaves running, which is named: no session leaves a process.

    Raises what the runner raises.
    """
    own = marked(command)
    completed: Completed | None = None
    try:
        completed = context.runner.run(own, timeout=timeout)
    finally:
        left = end_left_behind(own, completed)
        if left:
            names = ", ".join(left)
            context.reporter.warning(f"It left a process running, which has been ended: {names}")
    return completed


def check_tool(context: Context, own: OwnSession, environment: Mapping[str, str]) -> None:
    """Raise `MissingToolError` if the program of `tool` is not there."""
    program = own.tool.program
    if program and shutil.which(program, path=environment.get("PATH", "")) is None:
        raise MissingToolError(
            f"{program} is not installed.", next_step=how_to_install(context, own)
        )


def how_to_install(context: Context, own: OwnSession) -> str:
    """The line that installs its tool, or whom to install where the settings have none."""
    if not own.tool.install:
        return f"Install {own.tool.program}."
    line = context.face.command_line("tools", "--tool", own.tool.program)
    return f"{line}   (runs: {shlex.join(own.tool.install)})"


def beside_services(
    context: Context,
    name: str,
    own: OwnSession,
    environment: Mapping[str, str],
    work: Callable[[Mapping[str, str]], Outcome],
) -> Outcome:
    """Do the work while its services run. Raises `UsageError` for one that is not there."""
    integration = context.settings.integration
    known = sorted({*integration.services, integration.database.service} - {""})
    for service in own.services:
        if service not in known:
            raise UsageError(
                f"`{service}`, which the session `{name}` wants, is no service of the settings.",
                next_step=f"Name one of {', '.join(known) or 'those of [integration.services]'}.",
            )
    return with_services(context, name, own.services, environment, work)
