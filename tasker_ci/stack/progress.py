"""Show how the wait for health goes: drawn over on a terminal, now and then a line in a log."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.screen.board import LiveBoard
from tasker_ci.text.durations import duration
from tasker_ci.text.file_writing import PRIVATE, write_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from tasker_ci.screen.reporter import Reporter
    from tasker_ci.stack.health import Progress

HEARTBEAT_SECONDS = 10.0
"""How often a log says what is still waited for."""


@dataclass(kw_only=True)
class HealthProgress:
    """Shows each service with its state and seconds; the latest look is kept as evidence."""

    reporter: Reporter
    clock: Callable[[], float] = time.monotonic
    latest: tuple[Progress, ...] = ()
    _board: LiveBoard | None = None
    _told: set[str] = field(default_factory=set)
    _begun: bool = False
    _heartbeat: float = 0.0

    def __enter__(self) -> Self:
        if self.reporter.interactive:
            self._board = LiveBoard(self.reporter, self.clock)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._board is not None:
            self._board.__exit__(kind, error, trace)

    def look(self, progress: tuple[Progress, ...]) -> None:
        """The services have been looked at once more."""
        self.latest = progress
        if not self._begun:
            self._begin(progress)
        for each in progress:
            if self._board is not None and each.service not in self._told:
                self._board.output(each.service, each.state)
            if each.healthy and each.service not in self._told:
                self._tell(each)
        self._go_on(progress)

    def write(self, file: Path, *, within: Path | None = None) -> None:
        """Write down the latest look, if there was one."""
        if self.latest:
            lines = (
                f"{each.service}: {each.state} after {duration(each.seconds)}"
                + (f" ({url})" if (url := each.endpoint.health_url) else "")
                for each in self.latest
            )
            write_file(file, "\n".join(lines) + "\n", within=within, mode=PRIVATE)

    def _begin(self, progress: tuple[Progress, ...]) -> None:
        self._begun, self._heartbeat = True, self.clock()
        for each in progress:
            if self._board is not None:
                self._board.start(each.service)

    def _tell(self, progress: Progress) -> None:
        self._told.add(progress.service)
        if self._board is not None:
            self._board.stop(progress.service)
        self.reporter.line(
            f"{progress.service}: {progress.state} after {duration(progress.seconds)}"
        )

    def _go_on(self, progress: tuple[Progress, ...]) -> None:
        if self._board is not None:
            self._board.tick()
        elif self.clock() - self._heartbeat >= HEARTBEAT_SECONDS:
            self._heartbeat = self.clock()
            late = ", ".join(
                f"{each.service} {duration(round(each.seconds))} ({each.state})"
                for each in progress
                if not each.healthy
            )
            if late:
                self.reporter.line(f"still waiting for {late}")
