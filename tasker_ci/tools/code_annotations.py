"""What is wrong in which line of code, where people look on GitHub: annotations and the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tasker_ci.reports.summary import MAXIMUM_ROWS
from tasker_ci.reports.summary_screen import ANNOTATION_CHARACTERS, MAXIMUM_ANNOTATIONS
from tasker_ci.screen.reporter import Table, to_markdown
from tasker_ci.text.plurals import counted
from tasker_ci.tools.report_files import in_repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.tools.compiler_messages import CompilerFinding

COMPILES = "compiles"
"""The output of a step that is `false` where code does not compile, which ends later steps, too."""


class FoundInLine(Protocol):
    """What is wrong in a line of a file."""

    @property
    def level(self) -> str:
        """``warning``, or how bad else."""

    @property
    def code(self) -> str | None:
        """The name of the rule or the number of the error."""

    @property
    def message(self) -> str:
        """What is wrong."""

    @property
    def file(self) -> str | None:
        """The file; None where it has no place."""

    @property
    def line(self) -> int:
        """The line, from 1; 0 for the file as a whole."""


def annotate_code(
    context: Context, title: str, folder: Path, found: Sequence[CompilerFinding]
) -> None:
    """Do what `annotate_lines` does for what the compiler ``found``.

    Code that does not compile becomes an output of the step, for the steps after it.
    """
    annotate_lines(context, title, folder, found)
    if does_not_compile(found):
        context.reporter.step_output(COMPILES, "false")


def annotate_lines(
    context: Context, title: str, folder: Path, found: Sequence[FoundInLine]
) -> None:
    """Attach what was ``found`` to its lines, errors first, as many as GitHub shows of each kind.

    The files are relative to ``folder``. The step summary gets a table of as many rows as that of a
    test run.
    """
    if not found:
        return
    ordered = sorted(found, key=lambda each: each.level == "warning")
    for is_warning in (False, True):
        kind = [each for each in ordered if (each.level == "warning") == is_warning]
        for each in kind[:MAXIMUM_ANNOTATIONS]:
            file = in_repository(context, folder / each.file) if each.file else None
            text = f"{each.message} ({each.code})" if each.code else each.message
            context.reporter.annotation(
                "warning" if is_warning else "error",
                text[:ANNOTATION_CHARACTERS],
                file=file,
                line=each.line,
            )
    context.reporter.summary(_page(title, ordered))


def does_not_compile(found: Iterable[CompilerFinding]) -> bool:
    """Whether there is an error of the compiler's own, beside any lint."""
    return any(each.level != "warning" and not each.of_lint and each.file for each in found)


def _page(title: str, ordered: Sequence[FoundInLine]) -> str:
    rows = tuple(
        (
            "warning" if each.level == "warning" else "error",
            f"{each.message} ({each.code})" if each.code else each.message,
            (f"{each.file}:{each.line}" if each.line else each.file) if each.file else "",
        )
        for each in ordered[:MAXIMUM_ROWS]
    )
    page = to_markdown(Table(title=title, columns=("", "what", "where"), rows=rows))
    more = len(ordered) - MAXIMUM_ROWS
    return f"{page}\nand {counted(more, 'more finding')}\n" if more > 0 else page
