"""Lists that stay short on a screen however long they are; `--json` has them whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasker_ci.screen.reporter import Reporter

_MOST_CHARACTERS = 160
_WIDTH = 24


def show_some(
    reporter: Reporter,
    lines: Sequence[str],
    most: int,
    where: str,
    *,
    style: str = "",
    indent: str = "",
) -> None:
    """Print at most ``most`` lines; the last of more says how many are left out, and where."""
    shown = lines if len(lines) <= most else lines[: most - 1]
    for line in shown:
        reporter.line(f"{indent}{line}", style)
    if len(shown) < len(lines):
        reporter.line(f"{indent}and {len(lines) - len(shown)} more: {where}", "dim")


def some(names: Sequence[str], most: int, separator: str = ", ") -> str:
    """The first names on one line, with the number of those left out."""
    more = f"{separator}and {len(names) - most} more" if len(names) > most else ""
    return separator.join(names[:most]) + more


def shortened(line: str, most: int = _MOST_CHARACTERS) -> str:
    """A line that ends in … where it is too long."""
    return line if len(line) <= most else f"{line[: most - 2].rstrip()} …"


def named(name: str, about: str) -> str:
    """A file, and what is said about it in the same column."""
    return f"{name:<{_WIDTH}} {about}"
