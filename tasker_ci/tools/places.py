"""Where the tools lie, and which version a program says it has."""

from __future__ import annotations

import re
import shutil
import sysconfig
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import MissingToolError
from tasker_ci.process.command import Command, Output
from tasker_ci.text.home_folder import cache_folder
from tasker_ci.tools.pins import Tool, wanted_tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.context import Context
    from tasker_ci.process.command import Runner

_VERSION_SECONDS = 30.0


class ToolPlace(StrEnum):
    """Where a tool was found, in the order in which children find it."""

    FOLDER = "tool folder"
    SCRIPTS = "this Python's scripts"
    PATH = "PATH"


@dataclass(frozen=True, kw_only=True)
class FoundTool:
    """A program on this machine; nobody has asked for its version yet."""

    path: Path
    place: ToolPlace


def tools_root(environment: Mapping[str, str]) -> Path:
    """The folder of the tools that we install: ``tasker-ci/tools`` in the user's cache folder."""
    return cache_folder(environment) / "tasker-ci" / "tools"


def tool_folder(tool: Tool, root: Path) -> Path:
    """The folder of one tool in one version; its binaries are in ``bin``."""
    return root / f"{tool.name}-{tool.version}"


def search_path(environment: Mapping[str, str], folders: Iterable[Path] = ()) -> str:
    """PATH with ``folders`` first, then this Python's scripts, where wheels put binaries.

    Cargo's own folder comes last: cargo finds its subcommands there whether it is on PATH or not.
    """
    scripts = sysconfig.get_path("scripts")
    words = environment.get("PATH", "").split(":")
    before = [] if words[0] == scripts else [scripts]
    cargo = [folder for folder in _cargo_binaries(environment) if folder not in words]
    return ":".join([*map(str, folders), *before, *words, *cargo])


def _cargo_binaries(environment: Mapping[str, str]) -> list[str]:
    if environment.get("CARGO_HOME"):
        return [f"{environment['CARGO_HOME']}/bin"]
    return [f"{environment['HOME']}/.cargo/bin"] if environment.get("HOME") else []


def tool_folders(tools: Iterable[Tool], root: Path) -> tuple[Path, ...]:
    """The folders of ours that hold a tool in its wanted version; looks at paths only.

    They go before a copy in the scripts folder, whose version nobody knows.
    """
    folders = (tool_folder(tool, root) / "bin" for tool in tools)
    return tuple(folder for folder in folders if folder.is_dir())


def tool_environment(
    context: Context, *, root: Path | None = None, pins: Mapping[str, Tool] | None = None
) -> dict[str, str]:
    """The environment of this process with our tools first on PATH."""
    if root is None and pins is None:
        return {**context.once(_tool_environment, "tool environment")}
    return _tool_environment(context, root, pins)


def _tool_environment(
    context: Context, root: Path | None = None, pins: Mapping[str, Tool] | None = None
) -> dict[str, str]:
    environment = context.environment
    root = tools_root(environment) if root is None else root
    tools = wanted_tools(context.loaded, pins).values()
    return {
        **environment,
        "PATH": search_path(environment, tool_folders(tools, root)),
    }


def found_tool(context: Context, tool: Tool) -> FoundTool | None:
    """The program that children of this session would start; looked for once."""
    return context.once(
        lambda each: find(tool, each.environment, tools_root(each.environment)), "tool", tool
    )


def find(tool: Tool, environment: Mapping[str, str], root: Path) -> FoundTool | None:
    """Find the program that children would start; looks at paths only."""
    places = {
        ToolPlace.FOLDER: str(tool_folder(tool, root) / "bin"),
        ToolPlace.SCRIPTS: sysconfig.get_path("scripts"),
        ToolPlace.PATH: search_path(environment),
    }
    for place, path in places.items():
        program = shutil.which(tool.program, path=path)
        if program is not None:
            return FoundTool(path=Path(program), place=place)
    return None


def version_command(
    tool: Tool, path: Path, environment: Mapping[str, str], directory: Path
) -> Command:
    """The command that makes the program at ``path`` print its version."""
    return Command(
        argv=(str(path), *tool.version_arguments), cwd=directory, environment=environment
    )


def version_of(
    tool: Tool, path: Path, runner: Runner, environment: Mapping[str, str], directory: Path
) -> str:
    """Ask the program at ``path`` for its version.

    Raises `MissingToolError` if it does not start (a prebuilt binary that wants a newer glibc shows
    here) or prints something else.
    """
    command = version_command(tool, path, environment, directory)
    answer = runner.run(command, output=Output.CAPTURE, timeout=_VERSION_SECONDS)
    pattern = "^" + re.escape(tool.prints).replace(r"\{version\}", r"(\d\S*)")
    version = re.search(pattern, answer.stdout, re.MULTILINE)
    if answer.exit_code == 0 and version is not None:
        return version[1]
    lines = (answer.stderr.strip() or answer.stdout.strip() or "it prints nothing").splitlines()
    message = f"{path} does not tell its version (exit code {answer.exit_code}): {lines[0]}"
    raise MissingToolError(message, next_step=f"Reinstall {tool.name}.")
