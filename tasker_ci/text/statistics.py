"""The few numbers that a trend is made of, each with the sample that it takes to mean something."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LEAST_FOR_P90 = 5
LEAST_BEFORE = 5
RECENT = 3
"""A regression is one only when as many runs in a row show it."""

Z95 = statistics.NormalDist().inv_cdf(0.975)
"""So many standard deviations around the mean hold 95 % of normal values."""

_NORMAL = 1 / statistics.NormalDist().inv_cdf(0.75)
"""Times the median absolute deviation is the standard deviation where errors are normal."""

_DEVIATIONS = 3.0
_SHARE = 1.1


def median(values: Sequence[float]) -> float | None:
    """The median; None without any value."""
    return statistics.median(values) if values else None


def p90(values: Sequence[float]) -> float | None:
    """The ninetieth percentile; None for fewer than `LEAST_FOR_P90` values.

    The *inclusive* definition of `statistics.quantiles` (type 7 of Hyndman and Fan, the default of
    NumPy and of R): between two neighbours in proportion, so 61.6 for 1, 2, 3, 4, 100.
    """
    if len(values) < LEAST_FOR_P90:
        return None
    return statistics.quantiles(values, n=10, method="inclusive")[8]


def deviation(values: Iterable[float], middle: float) -> float:
    """The standard deviation around ``middle``, from the median deviation: no outlier moves it."""
    return _NORMAL * statistics.median([abs(value - middle) for value in values])


def threshold(values: Sequence[float], floor: float) -> float:
    """What lies above the noise of ``values``.

    The median plus three times the `deviation`, and at least a tenth and ``floor`` above it.
    """
    middle = statistics.median(values)
    noise = _DEVIATIONS * deviation(values, middle)
    return max(middle + noise, middle * _SHARE, middle + floor)


@dataclass(frozen=True, kw_only=True)
class Regression:
    """Something that takes longer than it did; times in seconds."""

    before: float
    """The median of the earlier runs."""
    after: float
    """The median of the newest `RECENT` runs."""
    limit: float
    """What each of the newest is above."""
    runs_before: int
    runs_after: int


def regression(values: Sequence[float], floor: float) -> Regression | None:
    """Whether the newest values, which come last, are all above the noise of the earlier ones."""
    earlier, newest = values[:-RECENT], values[-RECENT:]
    if len(earlier) < LEAST_BEFORE:
        return None
    limit = threshold(earlier, floor)
    if min(newest) <= limit:
        return None
    return Regression(
        before=statistics.median(earlier),
        after=statistics.median(newest),
        limit=limit,
        runs_before=len(earlier),
        runs_after=len(newest),
    )


def wilson(count: int, total: int) -> tuple[float, float] | None:
    """Between which shares the true one lies with 95 %; None without any trial.

    Wilson's interval, which is right for small samples too
    (https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval).
    """
    if not total:
        return None
    share = count / total
    square = Z95 * Z95
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = (
        Z95
        / (1 + square / total)
        * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    )
    # The ends that are exact are given exactly, whatever the arithmetic of floats makes of them.
    return (
        0.0 if count == 0 else max(0.0, middle - half),
        1.0 if count == total else min(1.0, middle + half),
    )
