"""Programs that sessions of the project's own need, installed by the commands of its settings."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandFailed, InstallationFailed, MissingToolError
from tasker_ci.process.command import Command, check
from tasker_ci.sessions import rows_of
from tasker_ci.sessions.machine.tool_row import ToolRow
from tasker_ci.tools.child_environment import child_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context
    from tasker_ci.session import ProjectTool

_NONE = "-"


def project_tools(context: Context) -> Mapping[str, ProjectTool]:
    """The tools of the project's own sessions, by the names of their programs."""
    rows = rows_of(context.settings).sessions.values()
    return {row.tool.program: row.tool for row in rows if row.tool is not None}


def install_command(context: Context, tool: ProjectTool) -> Command:
    """The command of the settings, in the workspace and without the tokens of the process."""
    return Command(
        argv=tool.install or (tool.program, "--version"),
        cwd=context.workspace,
        environment=child_environment(context),
    )


def bring_project_tool(context: Context, tool: ProjectTool, *, force: bool) -> ToolRow:
    """Install a tool that is not there, or with ``force`` again; a failure is part of the row."""
    where = _where(context, tool)
    if where is not None and not force:
        context.reporter.line(f"{tool.program} is already there: {where}")
        return _row(tool, where, "already there")
    if not tool.install:
        problem = InstallationFailed(
            f"{tool.program} is not installed, and the settings do not say how.",
            next_step="Install it, or give `tool.install` of its session.",
        )
        return _row(tool, None, "could not be installed", problem)
    command = install_command(context, tool)
    try:
        with context.reporter.running(str(command)):
            completed = context.runner.run(command)
        check(completed, command)
    except (CommandFailed, MissingToolError) as error:
        problem = InstallationFailed(error.message, next_step="Correct `tool.install`.")
        return _row(tool, where, "could not be installed", problem)
    where = _where(context, tool)
    if where is None:
        problem = InstallationFailed(
            f"`{command}` ended well, and {tool.program} is still not on PATH.",
            next_step="Put the folder where it lies on PATH.",
        )
        return _row(tool, None, "installed, not found", problem)
    return _row(tool, where, "installed now (by the line of the settings)")


def _where(context: Context, tool: ProjectTool) -> str | None:
    return shutil.which(tool.program, path=child_environment(context).get("PATH", ""))


def _row(
    tool: ProjectTool, where: str | None, how: str, problem: InstallationFailed | None = None
) -> ToolRow:
    return ToolRow(
        tool=tool.program,
        wanted=_NONE,
        found=_NONE,
        where=where or _NONE,
        how=how,
        verified="not verified",
        problem=problem,
    )
