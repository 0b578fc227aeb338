"""Words and patterns of make, as texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.unknown import UNKNOWN, is_known

if TYPE_CHECKING:
    from collections.abc import Callable


def split_arguments(text: str, most: int = -1) -> list[str]:
    """The arguments of a function, cut at its own commas."""
    found: list[str] = []
    depth, begin = 0, 0
    for index, character in enumerate(text):
        depth += (character in "({") - (character in ")}")
        if character == "," and depth == 0 and (most < 0 or len(found) < most - 1):
            found.append(text[begin:index])
            begin = index + 1
    return [*found, text[begin:]]


def each_word(text: str, change: Callable[[str], str]) -> str:
    """A text with each of its words changed, without those that become empty."""
    if not is_known(text):
        return UNKNOWN
    return " ".join(filter(None, (change(word) for word in text.split())))


def matches(pattern: str, word: str) -> str | None:
    """The stem of a word by a pattern with ``%``."""
    before, percent, after = pattern.partition("%")
    if not percent:
        return "" if pattern == word else None
    if len(word) < len(before) + len(after):
        return None
    if not (word.startswith(before) and word.endswith(after)):
        return None
    return word[len(before) : len(word) - len(after)]


def substituted(pattern: str, by: str, word: str) -> str:
    """A word as `patsubst` leaves it."""
    stem = matches(pattern, word)
    if stem is None:
        return word
    return by.replace("%", stem, 1) if "%" in pattern else by


def filtered(values: list[str], *, keep: bool) -> str:
    """The words that `filter` keeps, or `filter-out`: patterns first, then the texts."""
    patterns = values[0].split()
    return " ".join(
        word
        for word in ",".join(values[1:]).split()
        if any(matches(pattern, word) is not None for pattern in patterns) is keep
    )
