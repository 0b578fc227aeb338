"""A session that is a command of the project's own settings."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome
from tasker_ci.errors import CommandFailed, CommandTimedOut, MissingToolError
from tasker_ci.process.command import Command, check, with_arguments
from tasker_ci.sessions.own.reports import Reports, with_report, with_tests
from tasker_ci.sessions.own.surroundings import (
    beside_services,
    check_tool,
    deadline_of,
    directory_of,
    environment_of,
    how_to_install,
    run_whole,
    settings_of,
)
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.sessions.own.settings import OwnSession


def run_command(name: str, context: Context, /) -> Outcome:
    """Run the commands of a session of the settings, one after the other."""
    own = settings_of(context, name)
    folder = directory_of(context, name, own)
    environment = environment_of(context, own)
    if context.dry_run:
        return context.preview(*_commands(context, own, folder, environment))
    check_tool(context, own, environment)
    reports = Reports.expected(context, name, folder, own.report) if own.report else None

    def work(given: Mapping[str, str]) -> Outcome:
        commands = _commands(context, own, folder, given)
        for command in commands:
            _check_program(context, name, own, command)
        began = time.monotonic()
        try:
            for command in commands:
                left = own.timeout_seconds - (time.monotonic() - began)
                with context.reporter.running(str(command)), deadline_of(name, own):
                    completed = run_whole(context, command, max(left, 0.1))
                check(completed, command, next_step=context.face.command_line(name))
        except (CommandFailed, CommandTimedOut) as error:
            raise with_tests(error, reports, given) from error
        return _outcome(commands, reports, given)

    return beside_services(context, name, own, environment, work)


def _commands(
    context: Context, own: OwnSession, folder: Path, environment: Mapping[str, str]
) -> tuple[Command, ...]:
    lines = own.command if own.command and not isinstance(own.command[0], str) else (own.command,)
    commands = [
        Command(argv=tuple(map(str, line)), cwd=folder, environment=environment) for line in lines
    ]
    return (*commands[:-1], with_arguments(commands[-1], *context.passthrough))


def _check_program(context: Context, name: str, own: OwnSession, command: Command) -> None:
    """Raise `MissingToolError` before anything runs; a path is relative to the session's folder."""
    program = command.argv[0]
    path = command.environment.get("PATH", "")
    where = str(command.cwd / program) if "/" in program else program
    if shutil.which(where, path=path) is not None:
        return
    step = f"Correct `command` in [sessions.{name}] of {SETTINGS_FILE}, or install {program}."
    if own.tool.program and Path(program).name == own.tool.program:
        step = how_to_install(context, own)
    raise MissingToolError(f"There is no program {program}.", next_step=step)


def _outcome(
    commands: tuple[Command, ...], reports: Reports | None, environment: Mapping[str, str]
) -> Outcome:
    program = Path(commands[0].argv[0]).name
    ran = program if len(commands) == 1 else counted(len(commands), "command")
    data = {"commands": [list(command.argv) for command in commands]}
    summary = "" if reports else f"{ran} passed"
    return with_report(Outcome(summary=summary, data=data), reports, environment)
