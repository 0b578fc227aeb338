"""Signals as an orderly exit: recorded at once, raised where nothing is half done."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from tasker_ci.errors import Interrupted
from tasker_ci.process.streams import SIGPIPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType
    from typing import Self

Result = TypeVar("Result")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Interruption:
    """Signal handlers for the length of a session.

    While a child runs (`deferred`), a signal is only recorded: whoever waits for the child sees
    `count` grow, passes the signal on and stops in order. At any other moment the handler raises
    `Interrupted` where the main thread stands. A signal that was ignored before stays ignored, by
    our children too: `nohup` and a background job of a shell script ask for that.
    """

    def __init__(self) -> None:
        self._received: list[int] = []
        self._depth = 0
        self._guarded = False
        self._shut = False
        self._lock = threading.Lock()
        self._previous: dict[int, Any] = {}

    @property
    def count(self) -> int:
        """How many signals have arrived."""
        return len(self._received)

    @property
    def last(self) -> int:
        """The number of the newest signal; only to be read when `count` is not 0."""
        return self._received[-1]

    @property
    def impatient(self) -> bool:
        """Whether nobody wants to wait: a second signal, or SIGQUIT (Ctrl and backslash)."""
        return len(self._received) > 1 or signal.SIGQUIT in self._received

    def check(self) -> None:
        """Raise `Interrupted` for the first signal that arrived, if any did."""
        if self._received:
            raise Interrupted(self._received[0])

    def reader_gone(self) -> None:
        """Raise `Interrupted` (SIGPIPE): nobody reads our output. A teardown goes on."""
        if not self._shut:
            raise Interrupted(SIGPIPE)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Within this block signals are recorded and nothing is raised; the caller then checks."""
        with self._lock:
            self._depth += 1
        try:
            yield
        finally:
            with self._lock:
                self._depth -= 1

    def guard(
        self, work: Callable[[], Result], teardown: Callable[[BaseException | None], None]
    ) -> Result:
        """Do ``work``, then ``teardown`` exactly once, whatever happened; return work's result.

        A signal ends ``work`` with `Interrupted`, even before its first step. ``teardown`` gets
        what ended work (None if nothing went wrong) and is not ended by any signal, so it has to
        end by itself; signals that came meanwhile are raised after it. There is no moment between
        the two in which a signal could get lost or skip the teardown.
        """
        before = self._guarded, self._shut
        error: BaseException | None = None
        try:
            try:
                self._guarded, self._shut = True, False
                self.check()
                return work()
            finally:
                self._shut = True  # the handler did it already where a signal ended work
        except BaseException as failure:
            error = failure
            raise
        finally:
            try:
                teardown(error)
            finally:
                self._guarded, self._shut = before
                self.check()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._previous = {
                number: signal.signal(number, self._handle)
                for number in _SIGNALS
                if signal.getsignal(number) is not signal.SIG_IGN
            }
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def release(self) -> None:
        """Give every signal the handler that it had before; a copy of this process needs none."""
        for number, handler in self._previous.items():
            if handler is not None:  # None: installed by something that is not Python
                signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._received.append(number)
        if self._depth == 0 and not self._shut:
            self._shut = self._guarded
            raise Interrupted(self._received[0])
