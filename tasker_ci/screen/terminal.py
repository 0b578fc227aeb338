"""The only door to the screen: a terminal, or GitHub Actions with its groups and annotations."""

from __future__ import annotations

import errno
import io
import json
import secrets
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tasker_ci.process.streams import has_letters, lost_output, nowhere, write
from tasker_ci.screen.replayed_output import own_commands
from tasker_ci.text.file_appending import append_text
from tasker_ci.text.foreign import colored, disarmed, one_line, plain, tabbed, without_sequences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tasker_ci.errors import TaskerCIError
    from tasker_ci.screen.reporter import Reporter, Table

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def make_reporter(
    environment: Mapping[str, str],
    *,
    as_json: bool = False,
    product: bool = False,
    reader_gone: Callable[[], None] | None = None,
    token: str = "",
    stream: IO[str] | None = None,
    color: bool | None = None,
) -> Reporter:
    """Return the reporter for this process, or with a ``stream`` that of one session in it.

    With ``as_json`` all but the document goes to standard error, with ``product`` all but the
    product. A stream that was closed before we started is nowhere. ``reader_gone`` is called when
    the reader of a pipe has gone, and may raise. ``token`` is that of `Reporter.foreign_output`,
    for a process that runs within such a block. ``color`` is whether colour may be used, unless
    stream and environment decide.
    """
    stream = stream or (sys.stderr if as_json or product else sys.stdout) or nowhere()
    if environment.get("GITHUB_ACTIONS", "").lower() == "true":
        return GitHubReporter(
            stream,
            color=uses_color(environment, terminal=True) if color is None else color,
            summary_file=environment.get("GITHUB_STEP_SUMMARY", ""),
            output_file=environment.get("GITHUB_OUTPUT", ""),
            as_json=as_json,
            reader_gone=reader_gone,
            token=token,
        )
    terminal = stream.isatty()
    return TerminalReporter(
        stream,
        color=uses_color(environment, terminal=terminal) if color is None else color,
        interactive=terminal and environment.get("TERM") != "dumb",
        as_json=as_json,
        reader_gone=reader_gone,
    )


def uses_color(environment: Mapping[str, str], *, terminal: bool) -> bool:
    """NO_COLOR wins (https://no-color.org), then FORCE_COLOR, then whether it is a terminal."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return environment["FORCE_COLOR"].lower() not in {"0", "false"}
    return terminal and environment.get("TERM") != "dumb"


class TerminalReporter:
    """Lines and tables on a terminal or in a plain log."""

    def __init__(
        self,
        stream: IO[str],
        *,
        color: bool,
        interactive: bool = False,
        as_json: bool = False,
        reader_gone: Callable[[], None] | None = None,
    ) -> None:
        self.stream = stream
        self.lost: OSError | None = None
        self._reader_gone = reader_gone
        self.color = color
        self.interactive = interactive
        self._as_json = as_json

    def line(self, text: str = "", style: str = "") -> None:
        self._print(tabbed(text), style)

    def output(self, text: str, style: str = "") -> None:
        self._print((colored if self.color else without_sequences)(text), style)

    def replay(self, text: str) -> None:
        self.output(text)

    def lose(self, stream: IO[str], error: OSError) -> None:
        self.lost = self.lost or error
        if error.errno == errno.EPIPE:
            if self._reader_gone is not None:
                self._reader_gone()
        elif stream is self.stream and sys.stderr not in {None, stream}:
            write(sys.stderr, f"error: {lost_output(error).message}")

    def _write(self, stream: IO[str], text: str) -> None:
        error = write(stream, text)
        if error is not None:
            self.lose(stream, error)

    def command(self, text: str) -> None:
        self.line(f"+ {text}", "cyan")

    def success(self, text: str) -> None:
        self.line(text, "green")

    def warning(self, text: str) -> None:
        self._print(plain(f"warning: {text}"), "yellow")

    def failure(self, error: TaskerCIError) -> None:
        self._print(plain(f"error: {error.message}"), "red")
        self._next_step(error)

    def _next_step(self, error: TaskerCIError) -> None:
        for step in error.next_step.split("\n") if error.next_step else ():
            self.line(f"  next: {step}")

    def table(self, table: Table) -> None:
        from rich import box
        from rich.console import Console
        from rich.table import Table as RichTable
        from rich.text import Text

        from tasker_ci.text.table_widths import column_widths

        width = None if self.interactive else max(100, _natural_width(table))
        console = Console(
            file=io.StringIO(), width=width, no_color=not self.color, force_terminal=self.color
        )
        drawn = RichTable(
            title=Text(one_line(table.title)) if table.title else None,
            title_justify="left",
            box=box.SIMPLE_HEAD if has_letters(self.stream, "\u2500") else box.ASCII,
        )
        cells = [[Text.from_ansi(colored(cell)) for cell in row] for row in table.rows]
        plain = [table.columns, *([cell.plain for cell in row] for row in cells)]
        for column, room in zip(table.columns, column_widths(plain, console.width), strict=True):
            drawn.add_column(Text(one_line(column)), overflow="fold", width=room)
        for row in cells:
            drawn.add_row(*row)
        with console.capture() as capture:
            console.print(drawn)
        self._print(capture.get().rstrip("\n") + "\n")

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        self.line(title, "bold")
        yield

    @contextmanager
    def foreign_output(self) -> Iterator[str]:
        yield ""

    @contextmanager
    def running(self, command: str) -> Iterator[None]:
        self.command(command)
        yield

    def annotation(
        self, level: str, message: str, *, file: str | None = None, line: int = 0
    ) -> None:
        """A terminal has no place for annotations: the summary names file and line."""

    def summary(self, markdown: str) -> None:
        """A terminal has no page of its own: the summary was printed."""

    def step_output(self, name: str, value: str) -> None:
        """A terminal has no later steps."""

    def product(self, text: str) -> None:
        if not self._as_json and sys.stdout is not None:
            self._write(sys.stdout, text)

    def instruction(self, text: str) -> None:
        self._write(self.stream if self._as_json else sys.stdout or nowhere(), text)

    def document(self, data: Mapping[str, Any]) -> None:
        if sys.stdout is not None:
            text = json.dumps(data, indent=2, default=str)
            # the same text to a reader of JSON, and no command of GitHub's first kind
            self._write(sys.stdout, text.replace("##[", "#\\u0023["))

    def _print(self, text: str, style: str = "") -> None:
        """Print harmless lines. Where the place reads commands they are none."""
        self._write(self.stream, self._styled(text, style))

    def _styled(self, text: str, style: str) -> str:
        if not self.color or not style:
            return text
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


class GitHubReporter(TerminalReporter):
    """A step of GitHub Actions: groups, annotations, the step summary.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """

    def __init__(
        self,
        stream: IO[str],
        *,
        color: bool,
        summary_file: str,
        output_file: str = "",
        as_json: bool = False,
        reader_gone: Callable[[], None] | None = None,
        token: str = "",
    ) -> None:
        super().__init__(stream, color=color, as_json=as_json, reader_gone=reader_gone)
        self._summary_file = summary_file
        self._output_file = output_file
        self._stopped = False
        self._token = token

    def warning(self, text: str) -> None:
        self.annotation("warning", text)

    def failure(self, error: TaskerCIError) -> None:
        self.annotation("error", error.message)
        self._next_step(error)

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        self._command(f"::group::{_escaped(title)}")
        try:
            yield
        finally:
            self._command("::endgroup::")

    @contextmanager
    def foreign_output(self) -> Iterator[str]:
        token = self._token or secrets.token_hex(16)
        ours = not self._token  # else who started this process has begun already
        if ours:
            self._command(f"::stop-commands::{token}")
        self._stopped = True
        try:
            yield token
        finally:
            self._stopped = False
            if ours:
                self._command(f"\n::{token}::")  # what was printed may end within a line

    @contextmanager
    def running(self, command: str) -> Iterator[None]:
        with self.group(f"+ {command}"), self.foreign_output():
            yield

    def annotation(
        self, level: str, message: str, *, file: str | None = None, line: int = 0
    ) -> None:
        if self._stopped:
            self._print(plain(f"{level}: {message}"))
            return
        at = f",line={line}" if line else ""
        place = f" file={_escaped_property(file)}{at}" if file else ""
        self._command(f"::{level}{place}::{_escaped(message)}")

    def summary(self, markdown: str) -> None:
        self._append(self._summary_file, plain(markdown) + "\n", "step summary")

    def step_output(self, name: str, value: str) -> None:
        self._append(self._output_file, f"{name}={one_line(value)}\n", "file of the step's outputs")

    def _append(self, file: str, text: str, what: str) -> None:
        if not file:
            return
        try:
            append_text(Path(file), text)
        except OSError as error:
            place = f"The {what} {file} cannot be written"
            self.warning(f"{place}: {error.strerror or error}.")

    def replay(self, text: str) -> None:
        for is_command, line in own_commands(text):
            if is_command:
                self._command(line)
            else:
                self.output(line)

    def _command(self, line: str) -> None:
        """Print a command for the runner, its foreign parts escaped already."""
        self._write(self.stream, self._heard(line))

    def _heard(self, command: str) -> str:
        """A command as the runner obeys it within a block of foreign output, too."""
        token = self._token
        return f"\n::{token}::\n{command}\n::stop-commands::{token}" if token else command

    def instruction(self, text: str) -> None:
        super().instruction(self._heard(text))

    def _print(self, text: str, style: str = "") -> None:
        super()._print(disarmed(text), style)


def _natural_width(table: Table) -> int:
    columns = zip(table.columns, *table.rows, strict=True)
    return sum(max(map(len, column)) + 3 for column in columns) + 2


def _escaped(text: str) -> str:
    return plain(text).replace("%", "%25").replace("\n", "%0A").replace("##[", "##\\[")


def _escaped_property(text: str) -> str:
    return _escaped(one_line(text)).replace(":", "%3A").replace(",", "%2C")
