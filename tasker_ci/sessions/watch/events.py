"""What `watch` waits for: saved files, keys, the end of a run."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Protocol

from tasker_ci.errors import MissingToolError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from queue import SimpleQueue

QUIET_MILLISECONDS = 300
"""A change counts once no other came for so long: an editor writes several times, git for long."""

_LONGEST_MILLISECONDS = 3000
"""After so long it counts all the same."""

_KEY_SECONDS = 0.2


@dataclass(frozen=True)
class Saved:
    """FilesBelow were changed, made or removed."""

    paths: frozenset[Path]


@dataclass(frozen=True)
class Pressed:
    """A key was pressed."""

    key: str


@dataclass(frozen=True)
class Ended:
    """A run has ended, or was cut off."""

    number: int


@dataclass(frozen=True)
class Blind:
    """Nobody sees changes any more."""

    why: str


Happened = Saved | Pressed | Ended | Blind


class EventSource(Protocol):
    """Puts what happens into a queue, for the length of a block."""

    def into(self, queue: SimpleQueue[Happened]) -> contextlib.AbstractContextManager[None]:
        """Put what happens into ``queue`` within the block."""


@dataclass(frozen=True)
class FilesBelow:
    """Changes below a folder."""

    folder: Path

    def check(self) -> None:
        """Raise `MissingToolError` where changes cannot be seen."""
        try:
            import watchfiles  # noqa: F401
        except ImportError as error:
            raise MissingToolError(
                "watch needs the package watchfiles.",
                next_step="pip install 'tasker-ci[watch]'",
            ) from error

    @contextlib.contextmanager
    def into(self, queue: SimpleQueue[Happened]) -> Iterator[None]:
        """Put the changes into ``queue``."""
        self.check()
        stop = Event()
        thread = Thread(target=self._watch, args=(queue, stop), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _watch(self, queue: SimpleQueue[Happened], stop: Event) -> None:
        from watchfiles import watch

        try:
            for changes in watch(
                self.folder,
                watch_filter=None,
                debounce=_LONGEST_MILLISECONDS,
                step=QUIET_MILLISECONDS,
                rust_timeout=500,
                stop_event=stop,
                ignore_permission_denied=True,
            ):
                queue.put(Saved(frozenset(Path(name) for _, name in changes)))
        except (OSError, RuntimeError) as error:
            queue.put(Blind(str(error)))


@dataclass(frozen=True)
class Keys:
    """The keys of the terminal that is standard input."""

    @staticmethod
    def there() -> bool:
        """Whether there is a terminal, and it is ours and not that of another job."""
        try:
            return sys.platform != "win32" and os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()
        except OSError:
            return False

    @contextlib.contextmanager
    def into(self, queue: SimpleQueue[Happened]) -> Iterator[None]:
        """Put the keys into ``queue``; afterwards the terminal is as it was."""
        if sys.platform == "win32":  # `there` says so
            yield
            return
        import termios
        import tty

        before = termios.tcgetattr(0)
        stop = Event()
        thread = Thread(target=_read, args=(queue, stop), daemon=True)
        tty.setcbreak(0, termios.TCSANOW)
        try:
            thread.start()
            yield
        finally:
            stop.set()
            thread.join()
            with contextlib.suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, before)


def _read(queue: SimpleQueue[Happened], stop: Event) -> None:
    import select

    while not stop.is_set():
        try:
            ready, _, _ = select.select([0], [], [], _KEY_SECONDS)
            text = os.read(0, 100) if ready else b""
        except OSError:  # the terminal has gone
            return
        if ready and not text:
            return
        for key in text.decode("utf-8", "ignore"):
            queue.put(Pressed(key))
