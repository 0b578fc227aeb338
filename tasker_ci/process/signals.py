"""The handlers of signals: they note a signal and raise nothing in code of ours."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType, TracebackType
    from typing import Self

    from tasker_ci.process.cancellation import Cancellation

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")
_SIGNALS = tuple(number for name in _NAMES if (number := getattr(signal, name, None)) is not None)
"""Those that this system has: Windows knows no third and fourth, and alone the last."""


def ignore_signals() -> None:
    """Let no signal change how the process ends: all is done and said."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


class Signals:
    """Handlers that tell ``cancellation`` of each signal, for the length of a block.

    Without one nothing has begun, and a signal ends the process at once; so does a second one that
    finds nothing to end in order, because a session may compute without a wait. A signal that was
    ignored before stays ignored, by our children too: `nohup` and a background job of a shell
    script ask for that. Outside the main thread there are no handlers.

    With ``foreign_code`` the main thread runs a function of others, in which nothing polls: there
    `Interrupted` is raised in the middle of it.
    """

    def __init__(
        self, cancellation: Cancellation | None = None, *, foreign_code: bool = False
    ) -> None:
        self._cancellation = cancellation
        self._foreign_code = foreign_code
        self._previous: dict[int, Any] = {}

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
        cancellation = self._cancellation
        if cancellation is not None:
            cancellation.receive(number)
            if self._foreign_code:
                cancellation.interrupt()
                return
            if not cancellation.impatient or cancellation.holds or cancellation.noticed:
                return
        os._exit(128 + number)
