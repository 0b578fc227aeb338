"""The name that somebody may have meant: one place for "Did you mean"."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known name that is most like ``name``; None where none is alike."""
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=cutoff)), None)


def did_you_mean(name: str, known: Iterable[str], *, prefix: str = "") -> str:
    """The question to put behind a sentence, with the blank before it; empty without a near name.

    ``prefix`` is what all names begin with: with it every name would look near to every other.
    """
    near = nearest(name.removeprefix(prefix), [each.removeprefix(prefix) for each in known])
    return "" if near is None else f" Did you mean `{prefix}{near}`?"
