"""How a function of the project's own runs a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.process.command import Command, Output
from tasker_ci.process.command import check as checked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.process.command import Completed


def run(
    context: Context,
    *argv: str,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
    output: Output = Output.SHOW,
    timeout: float | None = None,
    check: bool = True,
    next_step: str = "",
) -> Completed:
    """Run a command to its end; for functions that are sessions of a project or a package.

    ``directory`` is the session's own unless it is given, ``environment`` adds variables to those
    of the session, and ``timeout`` is in seconds. With ``output=Output.CAPTURE`` nothing is shown,
    and the result has ``stdout`` and ``stderr``.

    Raises `CommandFailed` with the command's exit code and ``next_step``, unless ``check`` is
    False; `MissingToolError` if there is no such program; `CommandTimedOut` after ``timeout``.

    Sessions inside tasker-ci use `child_environment` instead: only the process of a function has
    the right environment already.
    """
    command = Command(
        argv=argv,
        cwd=directory or context.directory,
        environment={**context.environment, **(environment or {})},
    )
    with context.reporter.running(str(command)):
        completed = context.runner.run(command, output=output, timeout=timeout)
    return checked(completed, command, next_step=next_step) if check else completed
