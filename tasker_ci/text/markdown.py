"""Foreign text in Markdown: shown as it is, never read as markup, a mention or a link."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.text.foreign import one_line, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ESCAPES = str.maketrans(
    {**{each: f"\\{each}" for each in "\\|`*[~"}, "&": "&amp;", "<": "&lt;", ">": "&gt;"}
)
_EMPHASIS = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""An underscore within a word is one in GitHub's Markdown: https://github.github.com/gfm/"""
_REFERENCE = re.compile(
    r"#(?=\d)|@|\$(?=.*\$)|(?<=\bwww)\.|(?<=http):(?=//)|(?<=https):(?=//)|(?<=ftp):(?=//)",
    re.IGNORECASE,
)
"""What GitHub makes more of by itself: an issue, a person, a formula, an address."""
_BAR = re.compile(r"(?<!\\)\|")
_EMOJI = re.compile(r":(?=[\w+-]+:)")


def escaped(text: str) -> str:
    """A foreign text in one line of Markdown or a cell, without a link or mention; cut if long."""
    return _inert(shortened(text))


def cell(text: str) -> str:
    """The whole text for a cell of a table, its lines one below the other; an address is a link."""
    return "<br>".join(map(_without_markup, text.split("\n")))


def code(text: str) -> str:
    """The text as code on one line; its end is cut where it is long.

    Between backticks, as a person writes it (https://spec.commonmark.org/0.31.2/#code-spans), or as
    HTML where the text has a backtick of its own or a bar, which ends a cell within backticks too.
    """
    shown = one_line(shortened(text))
    if not shown:
        return ""
    return f"<code>{_inert(shown)}</code>" if "`" in shown or "|" in shown else f"`{shown}`"


def codes(texts: Iterable[str], *, between: str = ", ") -> str:
    """Several texts as code, one after the other."""
    return between.join(map(code, texts))


def table(
    columns: Sequence[str], rows: Iterable[Iterable[str]], *, title: str | None = None
) -> str:
    """A table below its title; cells are Markdown already, and a bar in them is no border.

    https://github.github.com/gfm/#tables-extension-
    """
    lines = ([_BAR.sub(r"\|", each) for each in row] for row in (columns, *rows))
    head, *body = ("| " + " | ".join(row) + " |" for row in lines)
    above = [f"### {title}", ""] if title else []
    return "\n".join([*above, head, "|" + " --- |" * len(columns), *body]) + "\n"


def within(lines: Iterable[str], maximum_bytes: int) -> str:
    """The lines that fit, and a word about those that do not."""
    kept: list[str] = []
    size = 0
    for line in lines:
        size += len(line.encode()) + 1
        if size > maximum_bytes:
            kept.append("\nMore does not fit here; all of it is in the report.\n")
            break
        kept.append(line)
    return "\n".join(kept)


def _without_markup(text: str) -> str:
    return _EMPHASIS.sub(r"\\_", one_line(text).translate(_ESCAPES))


def _inert(text: str) -> str:
    line = _REFERENCE.sub(lambda found: f"&#{ord(found[0])};", _without_markup(text))
    return _EMOJI.sub("&#58;", line)
