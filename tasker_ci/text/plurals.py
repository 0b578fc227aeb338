"""Numbers of things in words: one place for plurals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def plural(count: int, word: str, many: str | None = None) -> str:
    """``test`` for one, ``tests`` for none or several; ``many`` where it is not the word with s."""
    return word if count == 1 else many or f"{word}s"


def counted(count: int, word: str, many: str | None = None) -> str:
    """``1 test``, ``2 tests``, ``0 tests``."""
    return f"{count} {plural(count, word, many)}"


def listed(names: Iterable[str], most: int = 3) -> str:
    """``a, b, c and 2 more``."""
    every = [*names]
    shown = ", ".join(every[:most])
    return f"{shown} and {len(every) - most} more" if len(every) > most else shown


def are(count: int) -> str:
    """``is`` or ``are``, after a number of things."""
    return "is" if count == 1 else "are"
