"""One run of `ci` in a process of its own, which reads settings and manifests anew."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import Interrupted, TaskerCIError
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.command import Command, Output

if TYPE_CHECKING:
    from tasker_ci.context import Context

_GRACE_SECONDS = 60.0
"""How long a session may clear up its services when a new save cuts it off."""

_RED = {"failed", "stopped", "not run"}


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run said at its end."""

    exit_code: int
    seconds: float
    document: dict[str, Any]
    text: str
    """What it printed for people."""

    @property
    def sessions(self) -> list[dict[str, Any]]:
        """The sessions, as `ci --json` has them."""
        found = self.document.get("sessions")
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    @property
    def red(self) -> list[str]:
        """The sessions that are red."""
        return [str(row.get("session")) for row in self.sessions if row.get("status") in _RED]

    @property
    def green(self) -> bool:
        """Whether nothing was red."""
        return self.exit_code == 0


@dataclass(kw_only=True)
class Round:
    """A run that goes on in a thread."""

    number: int
    command: Command
    context: Context
    on_end: Callable[[], None] = lambda: None
    on_line: Callable[[str], None] = lambda _: None
    result: Result | None = None
    """None while it runs, and where it was cut off."""
    failure: TaskerCIError | None = None
    """Why it could not be run."""
    _cancellation: Cancellation = field(init=False)
    _thread: Thread = field(init=False)

    def __post_init__(self) -> None:
        self._cancellation = Cancellation(self.context.runner.cancellation)
        self._thread = Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin; ``on_end`` is called at the end, in the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Cut it off, and return when nothing of it runs any more."""
        self._cancellation.cancel()
        self._thread.join()

    def _run(self) -> None:
        began = time.monotonic()
        runner = self.context.runner.beside(
            self._cancellation, screen=self.context.reporter.stream, warn=lambda _: None
        )
        try:
            done = runner.run(
                self.command,
                output=Output.CAPTURE,
                on_error_text=self._heard,
            )
            self.result = Result(
                exit_code=done.exit_code,
                seconds=time.monotonic() - began,
                document=_read(done.stdout),
                text=done.stderr,
            )
        except Interrupted:
            pass
        except TaskerCIError as error:
            self.failure = error
        finally:
            self.on_end()

    def _heard(self, text: str) -> None:
        line = text.rstrip().rpartition("\n")[2]
        if line:
            self.on_line(line)


def command_of(
    context: Context,
    sessions: tuple[str, ...],
    *,
    changed: tuple[str, ...] = (),
    anew: bool = False,
) -> Command:
    """The command of a run: `ci` with these sessions alone, or with all."""
    words = [word for name in sessions for word in ("--only", name)]
    words += [word for name in changed for word in ("--changed", name)]
    words += ["--no-proven"] if anew else []
    words += [word for pair in context.overrides for word in ("--set", pair)]
    return Command(
        argv=(sys.executable, "-P", "-m", "tasker_ci", "ci", "--json", *words),
        cwd=context.directory,
        environment=context.environment,
        grace_seconds=_GRACE_SECONDS,
        is_session=True,
    )


def _read(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
