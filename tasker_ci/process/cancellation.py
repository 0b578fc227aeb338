"""What tells one session to stop; whoever waits looks at it, and nothing is raised from outside."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from tasker_ci.errors import Interrupted
from tasker_ci.process.streams import SIGPIPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Result = TypeVar("Result")

TICK_SECONDS = 0.1
"""How often a wait looks whether it should end."""


class Cancellation:
    """The reasons for a session to stop: signals of the process, and `cancel`.

    Every wait polls it, so a signal ends a session in any thread and never in the middle of a
    step. One with a ``parent`` hears of its signals as well: the sessions of `ci` have one each.
    """

    def __init__(self, parent: Cancellation | None = None) -> None:
        self._parent = parent
        self._signals: list[int] = []
        self._cancelled = False
        self._shut = False
        self._guarded = False
        self._held = 0
        self._noticed = False
        self._lock = Lock()

    def receive(self, number: int) -> None:
        """Note a signal; safe in a signal handler."""
        self._signals.append(number)

    def cancel(self) -> None:
        """Have the session stop as SIGTERM would, without haste: no signal has come."""
        self._cancelled = True

    @property
    def signals(self) -> tuple[int, ...]:
        """The numbers of the signals that have come, in their order."""
        above = self._parent.signals if self._parent is not None else ()
        return (*above, *self._signals)

    @property
    def reasons(self) -> tuple[int, ...]:
        """`signals`, after SIGTERM if somebody has called `cancel`."""
        return (*((signal.SIGTERM,) if self._cancelled else ()), *self.signals)

    @property
    def count(self) -> int:
        """How many reasons there are to stop."""
        return len(self.reasons)

    @property
    def impatient(self) -> bool:
        """Whether nobody wants to wait: a second signal, or SIGQUIT (Ctrl and backslash)."""
        signals = self.signals
        return len(signals) > 1 or getattr(signal, "SIGQUIT", None) in signals

    @property
    def holds(self) -> bool:
        """Whether something has to be ended in order: a child, or what a teardown removes."""
        return self._held > 0 or self._guarded or self._shut

    @property
    def noticed(self) -> bool:
        """Whether the session knows already that it has to stop."""
        return self._noticed

    def check(self) -> None:
        """Raise `Interrupted` for the first reason to stop, if there is one."""
        reasons = self.reasons
        if reasons:
            self._noticed = True
            raise Interrupted(reasons[0])

    def pause(self, seconds: float) -> None:
        """Wait so long; raises `Interrupted` at once if there is a reason. A teardown waits."""
        end = time.monotonic() + seconds
        while True:
            if not self._shut:
                self.check()
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(TICK_SECONDS, left))

    def reader_gone(self) -> None:
        """Raise `Interrupted` (SIGPIPE): nobody reads our output. A teardown goes on."""
        if not self._shut:
            self._noticed = True
            raise Interrupted(SIGPIPE)

    def interrupt(self) -> None:
        """Raise `Interrupted` where code of others runs, which polls nothing; for a handler."""
        if not self._held and not self._shut:
            self._shut = self._guarded
            self.check()

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Within this block a child runs, whom the caller stops in order."""
        with self._lock:
            self._held += 1
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1

    def guard(
        self, work: Callable[[], Result], teardown: Callable[[BaseException | None], None]
    ) -> Result:
        """Do ``work``, then ``teardown`` exactly once, whatever happened; return work's result.

        A signal ends ``work`` with `Interrupted` where it waits, even before its first step.
        ``teardown`` gets what ended work (None if nothing went wrong) and is not ended by any
        signal, so it has to end by itself; signals that came meanwhile are raised after it.
        """
        before = self._guarded, self._shut
        error: BaseException | None = None
        try:
            try:
                self._guarded, self._shut = True, False
                self.check()
                result = work()
                self.check()  # what came in the last step ends the work as well
                return result
            finally:
                self._shut = True  # `interrupt` did it already where it ended work
        except BaseException as failure:
            error = failure
            raise
        finally:
            try:
                teardown(error)
            finally:
                self._guarded, self._shut = before
                self.check()
