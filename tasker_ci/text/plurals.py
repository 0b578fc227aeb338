"""Numbers of things in words: one place for plurals."""

from __future__ import annotations


def counted(count: int, word: str, plural: str = "") -> str:
    """``1 test``, ``2 tests``, ``0 tests``; ``plural`` where it is not the word with an s."""
    return f"{count} {word if count == 1 else plural or word + 's'}"


def are(count: int) -> str:
    """``is`` or ``are``, after a number of things."""
    return "is" if count == 1 else "are"
