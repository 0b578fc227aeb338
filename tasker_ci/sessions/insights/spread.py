"""Medians, shares and trends of small samples, each with the number of values behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Literal

from tasker_ci.text.statistics import Z95, deviation, p90, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST_FOR_A_TREND = 8

_MEDIAN_TO_MEAN = math.sqrt(math.pi / 2)
"""How much wider the median of normal values spreads than their mean."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Some values."""

    n: int
    median: float
    p90: float | None
    """None for too few values."""

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """None where there is no value."""
        return cls(n=len(values), median=median(values), p90=p90(values)) if values else None


@dataclass(frozen=True, kw_only=True)
class Share:
    """A part of a whole with Wilson's interval of 95 %."""

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
        interval = wilson(part, n)
        return cls(part=part, n=n, low=interval[0], high=interval[1]) if interval else None


@dataclass(frozen=True, kw_only=True)
class SeriesTrend:
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
    def of(cls, values: Sequence[float], *, resolution: float = 1.0) -> SeriesTrend | None:
        """The trend of values in their order; None where there are too few.

        ``resolution`` is the smallest difference that the values can show. The middle one of an odd
        number belongs to neither half.
        """
        half = len(values) // 2
        if len(values) < FEWEST_FOR_A_TREND:
            return None
        older, newer = values[:half], values[-half:]
        distances = [value - median(part) for part in (older, newer) for value in part]
        noise = Z95 * _MEDIAN_TO_MEAN * deviation(distances, 0.0) * math.sqrt(2 / half)
        return cls(
            n=len(values), older=median(older), newer=median(newer), noise=max(noise, resolution)
        )
