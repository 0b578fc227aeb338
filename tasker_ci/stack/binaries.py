"""The programs that cargo has built for the services: where they lie, and a place to copy from."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import MissingToolError
from tasker_ci.process.command import Output, check
from tasker_ci.process.disk_room import DiskWatch
from tasker_ci.rust.cargo_configuration import CargoConfiguration, target_directory
from tasker_ci.text.masking import Secrets, says_secret
from tasker_ci.tools.cargo_color import colored

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from tasker_ci.process.command import Command, Runner
    from tasker_ci.screen.reporter import Reporter

PLACE = "{binaries}"
"""What stands for the folder of the binaries in a service's command."""

HOST = "host-tuple"
"""What stands for this machine's own target in `build.target`."""

_EXECUTABLE = 0o755


def binaries_directory(
    workspace: Path,
    environment: Mapping[str, str],
    build: tuple[str, ...],
    names: Collection[str] = (),
) -> Path:
    """Where the command ``build`` (``cargo build …``) puts the programs, without running it.

    It follows from the command and from cargo's configuration; of several targets the one counts
    that has the programs ``names``, and one of this machine first.
    https://doc.rust-lang.org/cargo/reference/build-cache.html
    """
    options = _options(build)
    directory = options.get("--target-dir")
    root = workspace / directory if directory else target_directory(workspace, environment)
    given = options.get("--target")
    triples = (given,) if given else CargoConfiguration.read(workspace, environment).targets
    release = "--release" in build or "-r" in build
    profile = options.get("--profile") or ("release" if release else "dev")
    folder = {"dev": "debug", "test": "debug", "bench": "release"}.get(profile, profile)
    places = [root / triple / folder for triple in triples or ("",)]
    if HOST in triples:
        places += sorted(root.glob(f"*/{folder}"))
    return _best(places, names)


def executables(line: str) -> dict[str, Path]:
    """The program that a line of cargo's JSON messages says is built, by its name."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(message, dict) or message.get("reason") != "compiler-artifact":
        return {}
    file, target = message.get("executable"), message.get("target")
    if not (isinstance(file, str) and isinstance(target, dict)):
        return {}
    return {str(target.get("name")): Path(file)} if "bin" in target.get("kind", ()) else {}


def build_programs(
    command: Command,
    runner: Runner,
    reporter: Reporter,
    *,
    names: Collection[str],
    seconds: float,
    on_tick: Callable[[int, float], None] | None = None,
) -> Path | None:
    """Run the command that builds the programs; returns the folder where cargo says they are.

    None where the command is not `cargo build`, or has a message format of its own. What it prints
    is shown without passwords, but on a terminal, where progress bars need the terminal itself.
    Raises `CommandFailed` or `CommandTimedOut`.
    """
    asked = _with_messages(command)
    disk = DiskWatch((target_directory(command.cwd, command.environment),))

    def look(pid: int, age: float) -> None:
        disk(pid, age)
        if on_tick is not None:
            on_tick(pid, age)

    environment = command.environment
    named = {name: value for name, value in environment.items() if says_secret(name)}
    hide = Secrets(named, environment).hidden
    command = colored(asked or command, color=reporter.color)
    folders: dict[Path, set[str]] = {}

    def show(line: str) -> None:
        reporter.output(hide(line))

    def read(line: str) -> None:
        if asked is None or not line.startswith("{"):
            show(line)
        for name, file in executables(line).items() if asked else ():
            folders.setdefault(file.parent, set()).add(name)

    output = Output.CAPTURE_STDOUT if asked else Output.SHOW
    with reporter.running(str(command)):
        completed = runner.run(
            command,
            output=output if reporter.interactive else Output.HAND_ON,  # else no progress bar
            timeout=seconds,
            on_line=read,
            on_error_line=show,
            on_tick=look,
        )
        check(disk.seen(completed), command)
    having = [folder for folder, there in folders.items() if there.issuperset(names)]
    return _best(having or list(folders), names) if folders else None


def _with_messages(command: Command) -> Command | None:
    """The command so that cargo says where it puts what it builds."""
    words = list(command.argv)
    place = 2 if words[1:2] and words[1].startswith("+") else 1
    is_build = Path(words[0]).name == "cargo" and words[place : place + 1] in (["build"], ["b"])
    if not is_build or any(word.startswith("--message-format") for word in words):
        return None
    words[place + 1 : place + 1] = ["--message-format", "json-render-diagnostics"]
    return replace(command, argv=tuple(words))


def _best(folders: Sequence[Path], names: Collection[str]) -> Path:
    """The folder that has the programs, one of this machine's target first."""
    ordered = sorted(folders, key=lambda folder: not runs_here(folder))
    having = (each for each in ordered if names and all((each / name).is_file() for name in names))
    return next(having, ordered[0])


def runs_here(path: Path) -> bool:
    """Whether a path within a target directory names a target of this machine."""
    machine = {"arm64": "aarch64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    system = {"darwin": "darwin", "win32": "windows"}.get(sys.platform, sys.platform)
    return any(part.startswith(f"{machine}-") and system in part for part in path.parts)


def programs(commands: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The names of the programs that service commands take from the binaries' folder."""
    names = (command[0] for command in commands if command)
    return tuple(
        dict.fromkeys(
            name.removeprefix(f"{PLACE}/") for name in names if name.startswith(f"{PLACE}/")
        )
    )


def fill_contexts(folder: Path, names: Iterable[str], directory: Path) -> None:
    """Make ``folder/NAME/NAME`` of each program: one small build context for each image.

    Linked, not copied, where it lies on the same disk. Raises `MissingToolError` for a program
    that has not been built.
    """
    for name in names:
        source = directory / name
        if not source.is_file():
            raise MissingToolError(
                f"The program {source} is not there, which an image is made of.",
                next_step="Run without `--no-build`; if it still is missing, the setting "
                "`integration.build` does not build it.",
            )
        target = folder / name / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
            target.chmod(_EXECUTABLE)


def _options(words: tuple[str, ...]) -> dict[str, str]:
    """Options with a value, in either spelling; what follows ``--`` is not cargo's."""
    result = {}
    own = words[: words.index("--")] if "--" in words else words
    for position, word in enumerate(own):
        name, equals, value = word.partition("=")
        if name.startswith("--"):
            result[name] = value if equals else next(iter(own[position + 1 :]), "")
    return result
