"""Foreign text for a screen."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with every character spelled out that could do something to a screen."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each == "\t" else each.encode("unicode_escape").decode()
        for each in text
    )
