"""Run one command: own process group, signals passed on, deadline, exit code, captured output."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

from tasker_ci.errors import AccessError, CommandTimedOut, MissingToolError, WorkspaceError
from tasker_ci.process.absent_programs import why_absent
from tasker_ci.process.cancellation import TICK_SECONDS
from tasker_ci.process.command import Completed, Output
from tasker_ci.process.end import waiting_for
from tasker_ci.process.kept_output import KeptOutput, WholeAnswer
from tasker_ci.process.left_behind import watched
from tasker_ci.process.parent_death import lifeline
from tasker_ci.process.pipe_reader import PipeReader, drain
from tasker_ci.process.streams import flush
from tasker_ci.process.system_limits import how_to_raise, why_none_starts
from tasker_ci.process.tree import (
    KILL,
    descendants,
    kill_survivors,
    kill_tree,
    signal_group,
    stop_tree,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import psutil

    from tasker_ci.process.cancellation import Cancellation
    from tasker_ci.process.command import Command
    from tasker_ci.process.parent_death import Lifeline

TERMINATE_SECONDS = 5.0
"""From SIGTERM to SIGKILL for a command that ran past its deadline."""

SURVIVOR_SECONDS = 2.0
"""How long a grandchild may outlive the child that was told to stop."""

GET_LINKER = "Debian, Ubuntu: apt-get install gcc libc6-dev; macOS: xcode-select --install"

_BOTH = frozenset({Output.CAPTURE, Output.CAPTURE_BOTH, Output.HAND_ON})


class ProcessRunner:
    """The real `Runner`.

    A signal is passed on to the child's process group and waited for `GRACE_SECONDS`; a second
    signal, or SIGQUIT, kills the whole tree, also what has a process group of its own (nextest's
    tests). ``marks`` are variables for every command, but not for a service, which may stay.
    ``one_stream``: what is shown of a child's errors goes to ``screen`` too, in its place there.
    """

    def __init__(
        self,
        cancellation: Cancellation,
        *,
        screen: IO[str] | None = None,
        warn: Callable[[str], None] | None = None,
        marks: Mapping[str, str] | None = None,
        one_stream: bool = False,
    ) -> None:
        self.silent: set[str] = set()
        self.cancellation = cancellation
        self._errors = screen if one_stream else None
        self._marks = marks or {}
        self._screen = screen
        self._warn = warn

    def run(
        self,
        command: Command,
        *,
        output: Output = Output.SHOW,
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
        on_text: Callable[[str], None] | None = None,
        on_error_line: Callable[[str], None] | None = None,
        on_error_text: Callable[[str], None] | None = None,
        on_tick: Callable[[int, float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        shielded: bool = False,
    ) -> Completed:
        answer = output is Output.CAPTURE
        # What clears up goes on without us, and what only answers a question ends by itself.
        stays = shielded or (answer and timeout is not None)
        tie = nullcontext() if stays else lifeline(group=not command.is_session)
        with self.cancellation.holding(), tie as line:
            if not shielded:
                self.cancellation.check()
            started = time.monotonic()
            process = self._start(command, output, line)
            whole = output is not Output.HAND_ON
            kept = WholeAnswer(str(command)) if answer else KeptOutput(file=whole)
            try:
                stdout = PipeReader(process.stdout, kept, on_text or _by_line(on_line))
                stderr = PipeReader(
                    process.stderr, KeptOutput(file=whole), on_error_text or _by_line(on_error_line)
                )
            except BaseException:  # no thread more for this user
                kill_tree(process.pid)
                process.wait()
                raise

            def tick(pid: int, age: float) -> None:
                stdout.check()
                stderr.check()
                if on_tick is not None:
                    on_tick(pid, age)

            held_by: Mapping[int, str] = {}
            try:
                with waiting_for(process) as ended:
                    self._wait(command, process, ended, timeout, tick, cancelled, shielded=shielded)
            except BaseException:
                kill_tree(process.pid)
                process.wait()
                raise
            finally:
                signals = self.cancellation.count
                held_by = drain(
                    (stdout, stderr),
                    lambda: not shielded and self.cancellation.count > signals,
                )
        if not shielded:
            self.cancellation.check()
        stdout.check()
        stderr.check()
        self._report_left(command, held_by)
        code = process.returncode
        return Completed(
            exit_code=code if code >= 0 else 128 - code,
            seconds=time.monotonic() - started,
            stdout=stdout.kept.text,
            stderr=stderr.kept.text,
            whole_stdout=stdout.kept.whole(),
            whole_stderr=stderr.kept.whole(),
            group=process.pid,
            held_by=held_by,
        )

    def _report_left(self, command: Command, held_by: Mapping[int, str]) -> None:
        """Say who holds the output of a command that has ended, unless the caller looks for it."""
        if held_by and self._warn is not None and not watched(command):
            self._warn(
                f"`{command}` leaves a process that holds its output: "
                f"{', '.join(held_by.values())}. It is not waited for."
            )

    def start(self, command: Command, *, output: int) -> subprocess.Popen[bytes]:
        with self.cancellation.holding():
            self.cancellation.check()
            path = _program(command)
            return _popen(command, path, stdout=output, stderr=output)

    def beside(
        self, cancellation: Cancellation, *, screen: IO[str], warn: Callable[[str], None]
    ) -> ProcessRunner:
        return ProcessRunner(
            cancellation, screen=screen, warn=warn, marks=self._marks, one_stream=True
        )

    def _start(
        self, command: Command, output: Output, line: Lifeline | None
    ) -> subprocess.Popen[bytes]:
        path = _program(command)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                flush(stream)
        marked = replace(command, environment={**command.environment, **self._marks})
        return _popen(
            marked,
            path,
            line=line,
            stdout=self._screen if output is Output.SHOW else subprocess.PIPE,
            stderr=subprocess.PIPE if output in _BOTH else self._errors,
        )

    def _wait(
        self,
        command: Command,
        process: subprocess.Popen[bytes],
        ended: Callable[[float], bool],
        timeout: float | None,
        on_tick: Callable[[int, float], None],
        cancelled: Callable[[], bool] | None,
        *,
        shielded: bool,
    ) -> None:
        started = time.monotonic()
        seen = 0
        kill_at: float | None = None
        killed = False
        tree: set[psutil.Process] = set()
        while not ended(TICK_SECONDS):
            now = time.monotonic()
            if timeout is not None and kill_at is None and now - started >= timeout:
                stop_tree(process, grace=TERMINATE_SECONDS)
                message = f"`{command}` ran past its deadline of {timeout:g} s and was stopped."
                raise CommandTimedOut(message, next_step="Raise the deadline or find what hangs.")
            if cancelled is not None and cancelled():
                stop_tree(process, grace=command.grace_seconds)
                return
            count = 0 if shielded else self.cancellation.count
            if count > seen:
                tree |= descendants(process.pid)
                if command.is_session:
                    kill_at = now + command.grace_seconds
                    for number in self._signals_for_a_session(seen):
                        signal_group(process.pid, number)
                elif self.cancellation.impatient:
                    kill_at = now
                else:
                    kill_at = now + command.grace_seconds
                    signal_group(process.pid, self.cancellation.reasons[-1])
                seen = count
            if kill_at is not None:
                tree |= descendants(process.pid)
                if now >= kill_at:
                    killed = True
                    signal_group(process.pid, KILL)
            on_tick(process.pid, now - started)
        if self.cancellation.count and not shielded:
            patient = not self.cancellation.impatient and not killed
            kill_survivors(tree, grace=SURVIVOR_SECONDS if patient else 0)

    def _signals_for_a_session(self, seen: int) -> tuple[int, ...]:
        """What makes a session as impatient as we are.

        Never SIGQUIT, at which it would leave a core file in its very first moment.
        """
        if self.cancellation.impatient and seen == 0:
            return signal.SIGTERM, signal.SIGINT
        last = self.cancellation.reasons[-1]
        return (signal.SIGTERM if last == getattr(signal, "SIGQUIT", None) else last,)


def _by_line(on_line: Callable[[str], None] | None) -> Callable[[str], None] | None:
    if on_line is None:
        return None

    def each(text: str) -> None:
        for line in text.split("\n"):
            on_line(line.rstrip("\r"))

    return each


def _program(command: Command) -> str:
    """The path of the command's program; raises for a directory or a program that is not there."""
    program = command.argv[0]
    if not command.cwd.is_dir():
        message = f"The directory {command.cwd} does not exist, so {program} cannot run in it."
        raise WorkspaceError(message, next_step="Check the setting `workspace`.")
    path = shutil.which(program, path=command.environment.get("PATH"))
    if path is None:
        reason, step = why_absent(program, command.environment.get("PATH", ""))
        raise MissingToolError(f"The program `{program}` {reason}.", next_step=step)
    return path


def _popen(
    command: Command,
    path: str,
    *,
    stdout: IO[Any] | int | None,
    stderr: IO[Any] | int | None,
    line: Lifeline | None = None,
) -> subprocess.Popen[bytes]:
    account = command.account
    try:
        return subprocess.Popen(
            command.argv,
            executable=path,
            cwd=command.cwd,
            env=command.environment,
            stdin=command.stdin or subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            process_group=0,
            preexec_fn=line,  # noqa: PLW1509 - it imports nothing and takes no lock
            pass_fds=() if line is None else line.files,
            user=None if account is None else account.user,
            group=None if account is None else account.group,
            extra_groups=None if account is None else (),
        )
    except OSError as error:
        limited = why_none_starts(error)
        if limited is not None:
            message = f"`{command.argv[0]}` ({path}) does not start: {limited}"
            raise AccessError(message, next_step=how_to_raise(error)) from error
        reason = error.strerror or str(error)
        if isinstance(error, FileNotFoundError):  # the file is there: what it names is not
            reason = "the interpreter that it names does not exist"
        message = f"`{command.argv[0]}` ({path}) does not start: {reason}."
        step = f"Run `{shlex.quote(path)} --version` and reinstall it if that fails too."
        raise MissingToolError(message, next_step=step) from error
