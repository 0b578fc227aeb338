"""Markdown out of texts that nobody vouches for: names of tests, what they printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.text.foreign import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_CELL_CHARACTERS = 300

# GitHub's Markdown gives a meaning to most ASCII punctuation, and none to an entity in its place
# (https://github.github.com/gfm/#entity-and-numeric-character-references).
_ESCAPES = {ord(each): f"&#{ord(each)};" for each in "!\"#$&'()*+-/:;<=>?@[\\]^`{|}~_"}
_ESCAPES |= {ord(each): each for each in "-/()+=?'"}  # these only where a line begins, or nowhere


def visible(text: str) -> str:
    """The text without characters that draw over a screen or turn its direction: they are spelled.

    A line break or tab is spelled too.
    """
    return one_line(text)


def shortened(text: str, characters: int = _CELL_CHARACTERS) -> str:
    """The text, or its beginning with an ellipsis."""
    return text if len(text) <= characters else text[: characters - 1] + "…"


def escaped(text: str) -> str:
    """The text as it stands, in a line of Markdown or a cell of a table."""
    # www. begins a link without any punctuation before it
    return visible(shortened(text)).translate(_ESCAPES).replace("www.", "www&#46;")


def code(text: str) -> str:
    """The text as code: within ``<code>`` GitHub makes no mentions, references or emoji either."""
    shown = escaped(text)
    return f"<code>{shown}</code>" if shown else ""


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table whose cells are Markdown already."""
    yield from (
        f"### {title}",
        "",
        "| " + " | ".join(columns) + " |",
        "|" + " --- |" * len(columns),
    )
    yield from ("| " + " | ".join(row) + " |" for row in rows)
    yield ""


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
