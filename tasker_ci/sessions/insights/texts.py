"""Figures in words for people: durations, shares, spreads, and that there is no data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasker_ci.sessions.insights.spread import Spread

NO_DATA = "no data"


def both(spread: Spread | None) -> str:
    """The two durations of a spread."""
    if spread is None:
        return NO_DATA
    return f"median {duration_text(spread.median)}, 9 of 10 up to {duration_text(spread.p90)}"


def duration_text(seconds: float) -> str:
    """A duration for people: `9 min 41 s`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def percent(share: float) -> str:
    """A share of 0 to 1 with one digit."""
    return f"{share * 100:.1f} %"
