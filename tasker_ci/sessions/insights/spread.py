"""Medians, shares and trends of small samples, each with the number of values behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST_FOR_A_TREND = 8

_Z = 1.959964
"""Of the normal distribution, for 95 %."""
_MAD_TO_DEVIATION = 1.4826
_MEDIAN_TO_MEAN = 1.2533
"""How much wider the median of normal values spreads than their mean."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Some values."""

    n: int
    median: float
    p90: float
    """The smallest value that nine of ten do not exceed (nearest rank)."""

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """None where there is no value."""
        if not values:
            return None
        rank = math.ceil(len(values) * 9 / 10)
        return cls(n=len(values), median=median(values), p90=sorted(values)[rank - 1])


@dataclass(frozen=True, kw_only=True)
class Share:
    """A part of a whole with Wilson's interval of 95 %.

    https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval
    """

    part: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.part / self.n

    @classmethod
    def of(cls, part: int, n: int) -> Share | None:
        """None where there is nothing to have a share in."""
        if n == 0:
            return None
        share, square = part / n, _Z * _Z
        middle = (share + square / (2 * n)) / (1 + square / n)
        radius = _Z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
        return cls(
            part=part,
            n=n,
            low=0.0 if part == 0 else max(0.0, middle - radius),
            high=1.0 if part == n else min(1.0, middle + radius),
        )


@dataclass(frozen=True, kw_only=True)
class Trend:
    """The newer half of a series against its older half, by medians."""

    n: int
    older: float
    newer: float
    noise: float
    """A difference up to this says nothing (95 %, from the median absolute deviation)."""

    @property
    def change(self) -> float:
        """The newer median minus the older."""
        return self.newer - self.older

    @property
    def verdict(self) -> Literal["slower", "faster", "no difference"]:
        """What the difference says about times."""
        if abs(self.change) <= self.noise:
            return "no difference"
        return "slower" if self.change > 0 else "faster"

    @classmethod
    def of(cls, values: Sequence[float], *, resolution: float = 1.0) -> Trend | None:
        """The trend of values in their order; None where there are too few.

        ``resolution`` is the smallest difference that the values can show. The middle one of an odd
        number belongs to neither half.
        """
        half = len(values) // 2
        if len(values) < FEWEST_FOR_A_TREND:
            return None
        older, newer = values[:half], values[-half:]
        distances = [abs(value - median(part)) for part in (older, newer) for value in part]
        deviation = _MAD_TO_DEVIATION * median(distances)
        noise = _Z * _MEDIAN_TO_MEAN * deviation * math.sqrt(2 / half)
        return cls(
            n=len(values), older=median(older), newer=median(newer), noise=max(noise, resolution)
        )
