"""Figures in words for people: durations, shares, spreads, and that there is no data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.text.durations import duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasker_ci.sessions.insights.spread import Spread

NO_DATA = "no data"


def both(spread: Spread | None) -> str:
    """The two durations of a spread, or that there is no data."""
    if spread is None:
        return NO_DATA
    return median_and_p90(spread, duration)


def median_and_p90(spread: Spread, shown: Callable[[float], str]) -> str:
    """The median, and the p90 where there are values enough for one."""
    median = f"median {shown(spread.median)}"
    return median if spread.p90 is None else f"{median}, p90 {shown(spread.p90)}"


def percent(share: float) -> str:
    """A share of 0 to 1 with one digit."""
    return f"{share * 100:.1f} %"
