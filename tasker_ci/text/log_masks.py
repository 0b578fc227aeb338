"""Texts that hide a secret value in the log of a job on GitHub."""

from __future__ import annotations

MASKED_LENGTH = 8
"""Shorter lines are not masked: the runner would blot them out wherever they stand."""


def masks(value: str) -> tuple[str, ...]:
    """The texts that hide a secret value in a log: its lines, without PEM's markers and short ones.

    Those stand in other text too. The whole of several lines is no mask, because the runner would
    add each of them, the markers too.
    """
    lines = (raw.removesuffix("\r") for raw in value.split("\n"))
    return tuple(
        line
        for line in lines
        if len(line) >= MASKED_LENGTH
        and line.strip()
        and not (line.startswith("-----") and line.endswith("-----"))
    )


def add_mask(text: str) -> str:
    """The workflow command that hides a text in the log from now on, on one line."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::add-mask::{text}"
