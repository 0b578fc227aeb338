"""The loop of `watch`: a change begins a run, another one cuts it off and begins the next."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from tasker_ci.errors import AccessError
from tasker_ci.sessions.watch.events import Blind, Ended, Happened, Pressed, Saved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tasker_ci.process.cancellation import Cancellation
    from tasker_ci.sessions.watch.events import EventSource
    from tasker_ci.sessions.watch.files import ChangedFiles
    from tasker_ci.sessions.watch.rounds import Result, Round
    from tasker_ci.sessions.watch.view import View

_TICK_SECONDS = 0.1
_NAMES = 3


@dataclass(kw_only=True)
class Loop:
    """Runs until somebody stops it."""

    files: ChangedFiles
    view: View
    signals: Cancellation
    sources: Sequence[EventSource]
    begin: Callable[[int, frozenset[Path] | None, bool], Round]
    """Makes a run of a number for changed files (None for all), and anew where asked for."""
    rounds: int = 0
    last: Result | None = None
    _round: Round | None = None
    _pending: frozenset[Path] | None = None
    """What has changed since everything was green; None: that was never so."""
    _queue: SimpleQueue[Happened] = field(default_factory=SimpleQueue)

    def run(self) -> None:
        """Run the first time, and then at every change.

        Raises `Interrupted` for a signal, and `AccessError` where nothing can begin a run any more.
        """
        with self.signals.holding(), ExitStack() as stack:
            stack.callback(self.view.closed)
            stack.callback(self._stop)
            for source in self.sources:
                stack.enter_context(source.into(self._queue))
            self._start("it begins")
            while True:
                self.signals.check()
                with suppress(Empty):
                    if self._take(self._queue.get(timeout=_TICK_SECONDS)):
                        return

    def _take(self, happened: Happened) -> bool:
        """Do what has to be done; whether it is the end."""
        match happened:
            case Ended(number):
                self._ended(number)
            case Saved(paths):
                self._saved(paths)
            case Pressed(key):
                if key in {"q", "\x04"}:
                    return True
                if key == "r":
                    self._pending = None
                    self._start("you asked for it", anew=True)
                elif key == "o" and self._round is None:
                    self.view.whole()
            case Blind(why) if len(self.sources) == 1:
                message = f"Changes of files are not seen any more: {why}."
                raise AccessError(message, next_step="Fix that, and start `watch` again.")
            case Blind(why):
                self.view.note(f"changes are not seen any more ({why}); r runs again.")
        return False

    def _saved(self, paths: frozenset[Path]) -> None:
        found = self.files.counting(paths, running=self._round is not None)
        if not found:
            return
        if self._round is not None:
            for path in sorted(self.files.cut_off(found)):
                name = self.files.shown(path)
                self.view.note(
                    f"{name} changes whenever something runs; it cuts no run off any more."
                )
        if self._pending is not None:
            self._pending |= frozenset(found)
        names = ", ".join(self.files.shown(path) for path in found[:_NAMES])
        more = f" and {len(found) - _NAMES} more" if len(found) > _NAMES else ""
        self._start(f"{names}{more} changed")

    def _start(self, because: str, *, anew: bool = False) -> None:
        if self._round is not None:
            self.view.cut_off(because)
            self._stop()
        self.rounds += 1
        self._round = self.begin(self.rounds, self._pending, anew)
        self._round.on_end = lambda number=self.rounds: self._queue.put(Ended(number))  # type: ignore[misc]
        self._round.on_line = self.view.heard
        self.view.began(because)
        self._round.start()

    def _stop(self) -> None:
        if self._round is not None:
            self._round.stop()
            self._round = None

    def _ended(self, number: int) -> None:
        ended = self._round
        if ended is None or ended.number != number:  # cut off long ago
            return
        self._round = None
        self.files.ended()
        if ended.failure is not None:
            raise ended.failure
        if ended.result is not None:
            self.last = ended.result
            if ended.result.green:
                self._pending = frozenset()
            self.view.ended(ended.result)
