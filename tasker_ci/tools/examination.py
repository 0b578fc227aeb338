"""What `doctor` examines: what a check may ask, and what it says."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandTimedOut, MissingToolError
from tasker_ci.process.command import Command, Completed, Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from tasker_ci.context import Context

_NOT_FOUND = 127
_TIMED_OUT = 124
_SHOWN_LINES = 8


class FindingState(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    NOTE = "note"
    """Good to know; no session fails of it."""
    BROKEN = "BROKEN"
    """A session will fail of it."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the doctor's table."""

    check: str
    state: FindingState
    found: str
    fix: str | None = None
    """The command or the step that fixes it; None where there is none."""


def ok(check: str, found: str) -> Finding:
    """All is well."""
    return Finding(check=check, state=FindingState.OK, found=found)


def note(check: str, found: str, fix: str | None = None) -> Finding:
    """Something to know."""
    return Finding(check=check, state=FindingState.NOTE, found=found, fix=fix)


def broken(check: str, found: str, fix: str) -> Finding:
    """Something that makes a session fail."""
    return Finding(check=check, state=FindingState.BROKEN, found=found, fix=fix)


@dataclass(frozen=True, kw_only=True)
class Examination:
    """The machine as a session would meet it."""

    context: Context
    environment: Mapping[str, str]
    """What children of a session get."""
    directory: Path
    """Where they run: the workspace, or where the user stands if there is none."""

    def has(self, program: str) -> bool:
        """Whether a program is on the children's PATH."""
        return self.where(program) is not None

    def where(self, program: str) -> str | None:
        """Where a program is on the children's PATH."""
        return shutil.which(program, path=self.environment.get("PATH", ""))

    def command(self, *argv: str) -> Command:
        """A command as a session would start it."""
        return Command(argv=argv, cwd=self.directory, environment=self.environment)

    def ask(self, *argv: str, timeout: float = 60) -> Completed:
        """Run a program where sessions do; see `start`."""
        return self.start(self.command(*argv), timeout=timeout)

    def start(self, command: Command, *, timeout: float = 60) -> Completed:
        """Run a command and return its answer; a program that is not there answers 127."""
        try:
            return self.context.runner.run(command, output=Output.CAPTURE, timeout=timeout)
        except MissingToolError as error:
            return Completed(exit_code=_NOT_FOUND, seconds=0, stderr=error.message)
        except CommandTimedOut as error:
            return Completed(exit_code=_TIMED_OUT, seconds=timeout, stderr=error.message)


def _nothing(_: Examination) -> Iterable[Command]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Checks:
    """What `doctor` looks at for a family."""

    findings: Callable[[Examination], Iterable[Finding]]
    planned: Callable[[Examination], Iterable[Command]] = _nothing
    """The commands that it runs where all is well, for a dry run."""


def reason(completed: Completed) -> str:
    """What a failed command said, without backtraces and empty lines."""
    text = completed.stderr.strip() or completed.stdout.strip()
    text = text.partition("Stack backtrace:")[0]
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    lines = lines or [f"exit code {completed.exit_code}, no reason given"]
    rest = ["…"] if len(lines) > _SHOWN_LINES else []
    return "\n".join(lines[:_SHOWN_LINES] + rest)
