"""Numbers of things in words: one place for plurals."""

from __future__ import annotations


def plural(count: int, word: str, many: str | None = None) -> str:
    """``test`` for one, ``tests`` for none or several; ``many`` where it is not the word with s."""
    return word if count == 1 else many or f"{word}s"


def counted(count: int, word: str, many: str | None = None) -> str:
    """``1 test``, ``2 tests``, ``0 tests``."""
    return f"{count} {plural(count, word, many)}"


def are(count: int) -> str:
    """``is`` or ``are``, after a number of things."""
    return "is" if count == 1 else "are"
