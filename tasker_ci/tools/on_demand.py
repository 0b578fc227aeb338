"""The tool that a session needs, installed where that is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import MissingToolError
from tasker_ci.settings.environment import is_ci
from tasker_ci.tools.advice import how_to_install
from tasker_ci.tools.pins import Tool, wanted_tools
from tasker_ci.tools.places import find, found_tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context


def installs_on_demand(context: Context) -> bool:
    """Whether a session installs the tool it lacks (setting `tools.auto-install`)."""
    setting = context.settings.tools.auto_install
    return not is_ci(context.environment) if setting == "auto" else setting


def ensure_tool(
    context: Context,
    name: str,
    *,
    root: Path | None = None,
    pins: Mapping[str, Tool] | None = None,
) -> Path:
    """Return the program of the tool ``name``; install it if it is nowhere and that is wanted.

    Where it is found no process is started and no version asked: that is for `tools` and `doctor`.
    In a dry run nothing is installed, and the bare name stands for a program that is not there.
    Raises `MissingToolError`, which names the command that gets the tool, or `InstallationFailed`.
    """
    tool = wanted_tools(context.loaded, pins)[name]
    there = found_tool(context, tool) if root is None else find(tool, context.environment, root)
    if there is not None:
        return there.path
    if context.dry_run:
        return Path(tool.program)
    if installs_on_demand(context):
        from tasker_ci.tools.installation import install

        context.reporter.line(f"{name} is needed ({tool.purpose}) and not there.")
        return install(context, tool, root=root, pins=pins).path
    message = f"{name} is not installed ({tool.purpose})."
    raise MissingToolError(message, next_step=how_to_install(context.face, name))
