"""What the library has to say to people, and tables for a screen or for Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Protocol

from tasker_ci.text import markdown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from tasker_ci.errors import TaskerCIError


SAID = "said"
"""The output of a step that is what its session said at its end, in one line."""

PROVES = "proves"
"""The output of a step that is `true` where its session was green without any reservation."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows for a screen or for Markdown; every cell is text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str | None = None


class Reporter(Protocol):
    """What the library has to say, and to whom."""

    color: bool
    """Whether colour may be used, by us and by our children."""

    interactive: bool
    """Whether lines can be drawn over (a terminal that is looked at)."""

    stream: IO[str]
    """Where text for people goes."""

    lost: OSError | None
    """Why a stream could not be written any more, if that happened; it was dropped."""

    def lose(self, stream: IO[str], error: OSError) -> None:
        """Note that a stream was dropped, and say so where that is still possible.

        Raises `Interrupted` (SIGPIPE) where a reader has gone and no teardown runs.
        """

    def line(self, text: str = "", style: str = "") -> None:
        """Print one line, and no more than one: what is no visible character is spelled out."""

    def output(self, text: str, style: str = "") -> None:
        """Print text of several lines, or what a tool said: colour passes, no other control."""

    def replay(self, text: str) -> None:
        """Print what a session of ours printed, its annotations too where the place has them."""

    def command(self, text: str) -> None:
        """Print the command that is about to run."""

    def success(self, text: str) -> None:
        """Print good news."""

    def warning(self, text: str) -> None:
        """Print something to look at that does not fail the session."""

    def failure(self, error: TaskerCIError) -> None:
        """Print an error and its next step."""

    def table(self, table: Table) -> None:
        """Print a table."""

    def group(self, title: str) -> AbstractContextManager[None]:
        """Fold what is printed within the block, where the place can fold."""

    def foreign_output(self) -> AbstractContextManager[str]:
        """Within the block others' text is printed, and none of it is a command to the place.

        Gives the word by which a process that is started in the block can give commands all the
        same; "" where the place has none.
        """

    def running(self, command: str) -> AbstractContextManager[None]:
        """Print the command, and let it print within the block: folded, as foreign output."""

    def annotation(
        self, level: str, message: str, *, file: str | None = None, line: int = 0
    ) -> None:
        """Attach a message (``error``, ``warning``) to a line of code, where the place can."""

    def summary(self, markdown: str) -> None:
        """Add to the page that the place keeps for the run, where there is one."""

    def step_output(self, name: str, value: str) -> None:
        """Hand a text of one line to the later steps of the job, where there are any."""

    def product(self, text: str) -> None:
        """Print what another program reads, alone on standard output.

        Nothing when JSON was asked for.
        """

    def instruction(self, text: str) -> None:
        """Print what the place itself reads as a command: on standard output, unless JSON is."""

    def document(self, data: Mapping[str, Any]) -> None:
        """Print the machine-readable result, alone on standard output."""


def to_markdown(table: Table) -> str:
    """The table as Markdown; every text stands in its cell as it is."""
    columns, *rows = ([markdown.cell(each) for each in row] for row in (table.columns, *table.rows))
    title = None if table.title is None else markdown.escaped(table.title)
    return markdown.table(columns, rows, title=title)
