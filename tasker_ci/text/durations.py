"""Durations for people: one function for all that is shown."""

from __future__ import annotations

_MINUTE = 60
_HOUR = 60 * _MINUTE


def duration(seconds: float) -> str:
    """A duration: ``12.3 ms``, ``1.23 s``, ``2 min 3 s``, ``1 h 57 min``; a part of 0 is left out.

    Three digits below a minute, whole seconds below an hour, whole minutes from there on, rounded.
    """
    rounded = float(f"{seconds:.3g}")
    if 0 < rounded < 1:
        return f"{round(rounded * 1000, 2):g} ms"
    if rounded < _MINUTE:
        return f"{rounded:g} s"
    whole = round(seconds)
    if whole < _HOUR:
        return _two(whole, "min", "s")
    return _two(round(seconds / _MINUTE), "h", "min")


def ago(seconds: float) -> str:
    """How long ago something was, roughly: ``12 s ago``, ``3 min ago``, ``2 h ago``."""
    if seconds < _MINUTE:
        return f"{max(0.0, seconds):.0f} s ago"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min ago"
    return f"{seconds / _HOUR:.0f} h ago"


def _two(count: int, large: str, small: str) -> str:
    first, rest = divmod(count, 60)
    return f"{first} {large} {rest} {small}" if rest else f"{first} {large}"
