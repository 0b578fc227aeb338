"""The live state of sessions that run side by side: drawn over on a terminal, lines in a log."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tasker_ci.process.streams import DrawingStream
from tasker_ci.text.durations import duration
from tasker_ci.text.foreign import colored

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from tasker_ci.screen.reporter import Reporter

HEARTBEAT_SECONDS = 30.0
"""How often a log says what still runs."""

_ECHO_COLUMNS = 6
"""Kept free at the right for the ``^C`` that a terminal echoes: it must not wrap a line of ours."""


@dataclass(kw_only=True)
class Running:
    """A session that runs now; ``line`` is the newest of its output."""

    name: str
    since: float
    line: str = ""


class Board(Protocol):
    """Shows what runs."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def start(self, name: str) -> None:
        """A session begins."""

    def output(self, name: str, line: str) -> None:
        """A running session printed a line."""

    def stop(self, name: str) -> float:
        """A session has ended; returns how long it ran, in seconds."""

    def tick(self) -> None:
        """Some time has gone by."""


def make_board(reporter: Reporter, clock: Callable[[], float] = time.monotonic) -> Board:
    """The board for what the reporter prints to."""
    kind = LiveBoard if reporter.interactive else LogBoard
    return kind(reporter, clock)


@dataclass
class LogBoard:
    """One line when a session starts, and a heartbeat while any runs."""

    reporter: Reporter
    clock: Callable[[], float]
    _running: dict[str, Running] = field(default_factory=dict)
    _heartbeat: float = 0.0

    def __enter__(self) -> Self:
        self._heartbeat = self.clock()
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def start(self, name: str) -> None:
        self._running[name] = Running(name=name, since=self.clock())
        self.reporter.line(f"{name}: started")

    def output(self, name: str, line: str) -> None:
        """A log gets a session's output when it has ended."""

    def stop(self, name: str) -> float:
        return self.clock() - self._running.pop(name).since

    def tick(self) -> None:
        now = self.clock()
        if now - self._heartbeat < HEARTBEAT_SECONDS or not self._running:
            return
        self._heartbeat = now
        states = ", ".join(
            f"{each.name} {duration(round(now - each.since))}" for each in self._running.values()
        )
        self.reporter.line(f"still running: {states}")


class LiveBoard:
    """A few lines at the bottom of the terminal: session, seconds, its newest line of output."""

    def __init__(self, reporter: Reporter, clock: Callable[[], float]) -> None:
        from rich.console import Console

        self._clock = clock
        self._running: dict[str, Running] = {}
        self._console = Console(
            file=DrawingStream(reporter.stream, reporter.lose),  # type: ignore[arg-type]
            no_color=not reporter.color,
        )
        self._live: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pause()

    def start(self, name: str) -> None:
        self._running[name] = Running(name=name, since=self._clock())
        self._draw()

    def output(self, name: str, line: str) -> None:
        running = self._running.get(name)
        if running is not None and line.strip():
            running.line = line

    def stop(self, name: str) -> float:
        """The lines are taken away, so that what the session printed can stand there."""
        self._pause()
        return self._clock() - self._running.pop(name).since

    def tick(self) -> None:
        self._draw()

    def _draw(self) -> None:
        from rich.live import Live

        if not self._running:
            return
        if self._live is None:
            self._live = Live(
                self._table(), console=self._console, transient=True, auto_refresh=False
            )
            self._live.start()
        self._live.update(self._table(), refresh=True)

    def _pause(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _table(self) -> Any:
        from rich.constrain import Constrain
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2), expand=False)
        for each in self._running.values():
            line = Text.from_ansi(colored(each.line), no_wrap=True, overflow="ellipsis")
            line.style = "dim"
            seconds = f"{duration(round(self._clock() - each.since)):>7}"
            table.add_row(Text(each.name, "bold"), seconds, line)
        return Constrain(table, max(1, self._console.width - _ECHO_COLUMNS))
