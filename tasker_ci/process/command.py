"""What a command is, how it ended, and who can run one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import IO, TYPE_CHECKING, Protocol

from tasker_ci.errors import CommandFailed
from tasker_ci.process.system_limits import HOW_TO_MAKE_ROOM
from tasker_ci.text.masking import without_passwords

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tasker_ci.process.cancellation import Cancellation
    from tasker_ci.process.kept_output import WholeOutput

GRACE_SECONDS = 12.0
"""From a passed-on signal to SIGKILL: nextest gives its tests 10 s."""


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
    is_session: bool = False
    """Whether it is a session of ours: it is told of every signal, because it has to clear up."""
    stdin: IO[bytes] | None = field(default=None, repr=False, compare=False)
    """An open file for its standard input; None: nothing to read."""

    def __str__(self) -> str:
        """The command as a screen may show it, without passwords."""
        return without_passwords(shlex.join(self.argv))


@dataclass(frozen=True, kw_only=True)
class Completed:
    """How a command ended; ``exit_code`` is 128 plus the number if a signal ended it."""

    exit_code: int = 0
    seconds: float = 0.0
    stdout: str = ""
    stderr: str = ""
    """Of a long output the beginning and the end (see `Output`)."""
    whole_stdout: WholeOutput | None = field(default=None, repr=False)
    whole_stderr: WholeOutput | None = field(default=None, repr=False)
    """All of it where the text leaves something out."""
    group: int = 0
    """The process group that it led, which something may have outlived; 0 if that is not known."""
    held_by: Mapping[int, str] = field(default_factory=dict)
    """The processes that it left with its output still open, where that can be seen, by pid."""
    short_of_room: str | None = None
    """Where it hardly had room on a disk, if it failed and somebody looked (`disk_room`)."""


class Output(Enum):
    """Where a child's output goes.

    What is kept but no answer is kept as beginning and end (`KeptOutput`).
    """

    SHOW = "straight to the screen, so that colour and progress bars work"
    CAPTURE = "both kept, nothing shown; standard output whole, because it is an answer"
    CAPTURE_BOTH = "both kept, nothing shown; of each the beginning and the end"
    HAND_ON = "both handed on as they come, nothing shown, and only the end kept"
    CAPTURE_STDOUT = "standard output kept, its beginning and end, standard error shown"


class Runner(Protocol):
    """Starts commands; `ProcessRunner` for real."""

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
        """Run to the end and return how it ended, whatever the exit code.

        ``timeout`` is in seconds; ``on_line`` and ``on_error_line`` get each line of a captured
        standard output and error while the child runs, ``on_text`` and ``on_error_text`` the same
        lines in blocks of many, without the end of the last; ``on_tick`` gets the child's pid and
        its age in seconds a few times a second; once ``cancelled`` says so the child is stopped as
        if it had got SIGTERM, and its exit code is returned.
        What a command leaves running may hold its output: that is waited for a moment, and then
        `Completed.held_by` says who it is.
        A ``shielded`` command clears up: signals do not reach it and do not end it, so it should
        have a ``timeout``. Raises `MissingToolError`, `WorkspaceError`, `CommandTimedOut`, or
        `Interrupted` unless shielded.
        """

    silent: set[str]
    """The services of this machine that did not answer in time, by their address.

    Nobody asks them again in the same session: each question would wait as long as the first.
    """

    cancellation: Cancellation
    """What tells the session to stop: whoever waits for something else polls it, too."""

    def start(self, command: Command, *, output: int) -> subprocess.Popen[bytes]:
        """Start a service that goes on by itself, both its outputs into a descriptor.

        It leads a process group of its own, and whoever starts it has to stop it. Raises
        `MissingToolError` or `WorkspaceError`, and `Interrupted` if a signal has arrived.
        """

    def beside(
        self, cancellation: Cancellation, *, screen: IO[str], warn: Callable[[str], None]
    ) -> Runner:
        """A runner for another session of this process: it stops and prints by itself."""


def check(completed: Completed, command: Command, *, next_step: str = "") -> Completed:
    """Return ``completed`` if its exit code is 0, else raise `CommandFailed` with the child's."""
    if completed.exit_code:
        message = f"`{command}` failed with exit code {completed.exit_code}."
        if completed.short_of_room:
            message += f" {completed.short_of_room}."
            next_step = next_step or HOW_TO_MAKE_ROOM
        raise CommandFailed(message, next_step=next_step, exit_code=completed.exit_code)
    return completed


def with_arguments(command: Command, *arguments: str) -> Command:
    """The same command with more arguments at its end."""
    return replace(command, argv=(*command.argv, *arguments))
