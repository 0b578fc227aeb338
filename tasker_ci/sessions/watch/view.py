"""What `watch` shows: on a terminal the newest result on top, elsewhere line after line."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from tasker_ci.process.streams import DrawingStream
from tasker_ci.text.cargo_progress import without_progress
from tasker_ci.text.durations import duration
from tasker_ci.text.foreign import one_line, shortened
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from tasker_ci.screen.reporter import Reporter
    from tasker_ci.sessions.watch.rounds import Result

_EARLIER = 5
_CLEAR = "\x1b[H\x1b[2J"
_NEW_LINE = "\r\x1b[2K"
_KEYS = "r: run again   o: all of its output   q: stop"
_ROOM = 12
"""Lines of a terminal that head and end of the page need."""


class View(Protocol):
    """Shows runs."""

    def began(self, because: str) -> None:
        """A run begins."""

    def heard(self, line: str) -> None:
        """It printed a line."""

    def cut_off(self, because: str) -> None:
        """It was cut off, and another begins."""

    def ended(self, result: Result) -> None:
        """It came to its end."""

    def whole(self) -> None:
        """Show all that the newest run printed."""

    def note(self, text: str) -> None:
        """Show something to know."""

    def closed(self) -> None:
        """Nothing more is shown."""


def head_of(result: Result) -> str:
    """A result in one line."""
    when = f"{duration(result.seconds)}, {datetime.now().astimezone():%H:%M:%S}"
    if result.green:
        return f"GREEN ({when}): {result.document.get('summary') or 'nothing was red'}"
    named = ", ".join(result.red) or f"exit code {result.exit_code}"
    return f"RED ({when}): {named}"


def rows_of(result: Result) -> list[str]:
    """Each session in a line."""
    width = max((len(str(row.get("session"))) for row in result.sessions), default=0)
    return [
        f"  {row.get('session')!s:<{width}}  {row.get('status')}  "
        + str(row.get("summary") or "").partition("\n")[0]
        for row in result.sessions
    ]


@dataclass
class PlainView:
    """Lines, one after the other: a log, a pipe, a terminal that cannot be drawn on."""

    reporter: Reporter
    _last: Result | None = None

    def began(self, because: str) -> None:
        """Say why."""
        self.reporter.line(one_line(f"watch: running, because {because}"))

    def heard(self, line: str) -> None:
        """Nothing: what it prints is shown at its end."""

    def cut_off(self, because: str) -> None:
        """Say why."""
        self.reporter.line(one_line(f"watch: cut off, because {because}"))

    def ended(self, result: Result) -> None:
        """Show the result, with what was printed where something is red."""
        self._last = result
        if not result.green:
            self.whole()
        for row in rows_of(result):
            self.reporter.line(one_line(row))
        self.reporter.line(one_line(f"watch: {head_of(result)}"))
        self.reporter.line("watch: waiting for a change; Ctrl-C stops")

    def whole(self) -> None:
        """Show all that the newest run printed."""
        if self._last is not None:
            self.reporter.replay(without_progress(self._last.text).rstrip())

    def note(self, text: str) -> None:
        """Say it."""
        self.reporter.line(one_line(f"watch: {text}"), "yellow")

    def closed(self) -> None:
        """Nothing is held."""


@dataclass
class TerminalView:
    """A page that begins with the newest result, and a line for what runs now."""

    reporter: Reporter
    _last: Result | None = None
    _earlier: list[str] = field(default_factory=list)
    _drawn: bool = False

    def began(self, because: str) -> None:
        """Draw what runs below the page."""
        self._status(f"running, because {because}")

    def heard(self, line: str) -> None:
        """Draw the newest line of what runs."""
        self._status(f"running: {line}")

    def cut_off(self, because: str) -> None:
        """Draw why."""
        self._status(f"again, because {because}")

    def ended(self, result: Result) -> None:
        """Draw the page anew."""
        if self._last is not None:
            self._earlier = [head_of(self._last), *self._earlier][:_EARLIER]
        self._last = result
        self._write(_CLEAR)
        self._drawn = False
        self._head(result)
        if not result.green:
            lines = without_progress(result.text).strip().splitlines()
            room = shutil.get_terminal_size().lines - _ROOM - len(result.sessions)
            shown = lines[: max(room, 3)]
            self.reporter.line()
            self.reporter.output("\n".join(shown))
            if len(shown) < len(lines):
                self.reporter.line(f"… {counted(len(lines) - len(shown), 'more line')}", "dim")
        self._end()

    def whole(self) -> None:
        """Show all that the newest run printed, below its head."""
        if self._last is None:
            return
        self._write(_CLEAR)
        self._drawn = False
        self._head(self._last)
        self.reporter.replay(without_progress(self._last.text).rstrip())
        self._end()

    def note(self, text: str) -> None:
        """Say it above the line of what runs."""
        self.closed()
        self.reporter.line(one_line(text), "yellow")

    def closed(self) -> None:
        """Take the line of what runs away."""
        if self._drawn:
            self._write(_NEW_LINE)

    def _head(self, result: Result) -> None:
        self.reporter.line(one_line(head_of(result)), "green" if result.green else "red")
        for row in rows_of(result):
            self.reporter.line(one_line(shortened(row, self._width())))

    def _end(self) -> None:
        self.reporter.line()
        for line in self._earlier:
            self.reporter.line(one_line(shortened(f"before: {line}", self._width())), "dim")
        self.reporter.line(_KEYS, "dim")

    def _status(self, text: str) -> None:
        self._drawn = True
        self._write(_NEW_LINE + one_line(shortened(text, self._width())))

    def _width(self) -> int:
        return max(20, shutil.get_terminal_size().columns - 8)

    def _write(self, text: str) -> None:
        stream = DrawingStream(self.reporter.stream, self.reporter.lose)
        stream.write(text)
        stream.flush()
