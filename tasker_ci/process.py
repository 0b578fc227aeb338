"""Run one command: own process group, signals passed on, deadline, exit code, captured output."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from enum import Enum
from typing import IO, TYPE_CHECKING, Any, Protocol, TypeVar

from tasker_ci.errors import CommandFailed, CommandTimedOut, MissingToolError, WorkspaceError
from tasker_ci.pipe_reader import PipeReader
from tasker_ci.process_tree import (
    descendants,
    kill_survivors,
    kill_tree,
    signal_group,
    stop_tree,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import psutil

    from tasker_ci.interruption import Interruption

Result = TypeVar("Result")

GRACE_SECONDS = 12.0
"""From a passed-on signal to SIGKILL: nextest gives its tests 10 s."""

TERMINATE_SECONDS = 5.0
"""From SIGTERM to SIGKILL for a command that ran past its deadline."""

SURVIVOR_SECONDS = 2.0
"""How long a grandchild may outlive the child that was told to stop."""

_TICK_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class Account:
    """A user of this machine by number, for a program that refuses to run as root."""

    user: int
    group: int


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to start: an argument list (never a shell line), a directory, a whole environment."""

    argv: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str]
    grace_seconds: float = GRACE_SECONDS
    """How long it may take to stop after a signal before it is killed."""
    account: Account | None = None
    """Who runs it; None: who we are. Only root can choose."""

    def __str__(self) -> str:
        return shlex.join(self.argv)


@dataclass(frozen=True, kw_only=True)
class Completed:
    """How a command ended; ``exit_code`` is 128 plus the number if a signal ended it."""

    exit_code: int
    seconds: float
    stdout: str = ""
    stderr: str = ""


class Output(Enum):
    """Where a child's output goes."""

    SHOW = "straight to the screen, so that colour and progress bars work"
    CAPTURE = "kept in memory, nothing shown"
    CAPTURE_STDOUT = "standard output kept, standard error shown"


class Runner(Protocol):
    """Starts commands; `ProcessRunner` for real."""

    def run(
        self,
        command: Command,
        *,
        output: Output = Output.SHOW,
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
        on_error_line: Callable[[str], None] | None = None,
        on_tick: Callable[[int, float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        shielded: bool = False,
    ) -> Completed:
        """Run to the end and return how it ended, whatever the exit code.

        ``timeout`` is in seconds; ``on_line`` and ``on_error_line`` get each line of a captured
        standard output and error while the child runs; ``on_tick`` gets the child's pid and its age
        in seconds a few times a second; once ``cancelled`` says so the child is stopped as if it
        had got SIGTERM, and its exit code is returned.
        A ``shielded`` command clears up: signals do not reach it and do not end it, so it should
        have a ``timeout``. Raises `MissingToolError`, `WorkspaceError`, `CommandTimedOut`, or
        `Interrupted` unless shielded.
        """

    def start(self, command: Command, *, log: Path) -> subprocess.Popen[bytes]:
        """Start a service that goes on by itself, its output appended to ``log``.

        It leads a process group of its own, and whoever starts it has to stop it. Raises
        `MissingToolError` or `WorkspaceError`, and `Interrupted` if a signal has arrived.
        """

    def guard(
        self, work: Callable[[], Result], teardown: Callable[[BaseException | None], None]
    ) -> Result:
        """Do ``work``, then ``teardown`` exactly once, whatever happened: `Interruption.guard`."""


class ProcessRunner:
    """The real `Runner`.

    A signal is passed on to the child's process group and waited for `GRACE_SECONDS`; a second
    signal kills the whole tree, also what has a process group of its own (nextest's tests).
    """

    def __init__(self, interruption: Interruption, *, screen: IO[str] | None = None) -> None:
        self._interruption = interruption
        self._screen = screen

    def run(
        self,
        command: Command,
        *,
        output: Output = Output.SHOW,
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
        on_error_line: Callable[[str], None] | None = None,
        on_tick: Callable[[int, float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        shielded: bool = False,
    ) -> Completed:
        with self._interruption.deferred():
            if not shielded:
                self._interruption.check()
            started = time.monotonic()
            process = self._start(command, output)
            stdout = PipeReader(process.stdout, on_line)
            stderr = PipeReader(process.stderr, on_error_line)

            def tick(pid: int, age: float) -> None:
                stdout.check()
                stderr.check()
                if on_tick is not None:
                    on_tick(pid, age)

            try:
                self._wait(command, process, started, timeout, tick, cancelled, shielded=shielded)
            except BaseException:
                kill_tree(process.pid)
                process.wait()
                raise
            finally:
                stdout.finish()
                stderr.finish()
        if not shielded:
            self._interruption.check()
        stdout.check()
        stderr.check()
        code = process.returncode
        return Completed(
            exit_code=code if code >= 0 else 128 - code,
            seconds=time.monotonic() - started,
            stdout=stdout.text,
            stderr=stderr.text,
        )

    def start(self, command: Command, *, log: Path) -> subprocess.Popen[bytes]:
        with self._interruption.deferred():
            self._interruption.check()
            path = _program(command)
            with log.open("ab") as output:
                return _popen(command, path, stdout=output, stderr=output)

    def guard(
        self, work: Callable[[], Result], teardown: Callable[[BaseException | None], None]
    ) -> Result:
        return self._interruption.guard(work, teardown)

    def _start(self, command: Command, output: Output) -> subprocess.Popen[bytes]:
        path = _program(command)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        return _popen(
            command,
            path,
            stdout=self._screen if output is Output.SHOW else subprocess.PIPE,
            stderr=subprocess.PIPE if output is Output.CAPTURE else None,
        )

    def _wait(
        self,
        command: Command,
        process: subprocess.Popen[bytes],
        started: float,
        timeout: float | None,
        on_tick: Callable[[int, float], None],
        cancelled: Callable[[], bool] | None,
        *,
        shielded: bool,
    ) -> None:
        seen = 0
        kill_at: float | None = None
        killed = False
        tree: set[psutil.Process] = set()
        while True:
            try:
                process.wait(timeout=_TICK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                pass
            now = time.monotonic()
            if timeout is not None and now - started >= timeout:
                stop_tree(process, grace=TERMINATE_SECONDS)
                message = f"`{command}` ran past its deadline of {timeout:g} s and was stopped."
                raise CommandTimedOut(message, next_step="Raise the deadline or find what hangs.")
            if cancelled is not None and cancelled():
                stop_tree(process, grace=command.grace_seconds)
                return
            count = 0 if shielded else self._interruption.count
            if count > seen:
                tree |= descendants(process.pid)
                if seen == 0:
                    kill_at = now + command.grace_seconds
                    signal_group(process.pid, self._interruption.last)
                if seen > 0 or count > 1:
                    kill_at = now
                seen = count
            if kill_at is not None:
                tree |= descendants(process.pid)
                if now >= kill_at:
                    killed = True
                    signal_group(process.pid, signal.SIGKILL)
            on_tick(process.pid, now - started)
        if self._interruption.count and not shielded:
            patient = self._interruption.count == 1 and not killed
            kill_survivors(tree, grace=SURVIVOR_SECONDS if patient else 0)


def _program(command: Command) -> str:
    """The path of the command's program; raises for a directory or a program that is not there."""
    program = command.argv[0]
    if not command.cwd.is_dir():
        message = f"The directory {command.cwd} does not exist, so {program} cannot run in it."
        raise WorkspaceError(message, next_step="Check the setting `workspace`.")
    path = shutil.which(program, path=command.environment.get("PATH"))
    if path is None:
        message = f"The program `{program}` is not on PATH."
        raise MissingToolError(message, next_step=_how_to_get(program))
    return path


def _popen(
    command: Command, path: str, *, stdout: IO[Any] | int | None, stderr: IO[Any] | int | None
) -> subprocess.Popen[bytes]:
    account = command.account
    try:
        return subprocess.Popen(
            command.argv,
            executable=path,
            cwd=command.cwd,
            env=command.environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            process_group=0,
            user=None if account is None else account.user,
            group=None if account is None else account.group,
            extra_groups=None if account is None else (),
        )
    except OSError as error:
        message = f"`{command.argv[0]}` ({path}) does not start: {error.strerror or error}."
        step = f"Run `{shlex.quote(path)} --version` and reinstall it if that fails too."
        raise MissingToolError(message, next_step=step) from error


def check(completed: Completed, command: Command, *, next_step: str = "") -> Completed:
    """Return ``completed`` if its exit code is 0, else raise `CommandFailed` with the child's."""
    if completed.exit_code:
        message = f"`{command}` failed with exit code {completed.exit_code}."
        raise CommandFailed(message, next_step=next_step, exit_code=completed.exit_code)
    return completed


def with_arguments(command: Command, *arguments: str) -> Command:
    """The same command with more arguments at its end."""
    return replace(command, argv=(*command.argv, *arguments))


def _how_to_get(program: str) -> str:
    if program in {"cargo", "rustc", "rustup"}:
        return "Install Rust with rustup (https://rustup.rs) and put ~/.cargo/bin on PATH."
    return f"Install `{program}` or put it on PATH; `tasker-ci doctor` lists all that is missing."
