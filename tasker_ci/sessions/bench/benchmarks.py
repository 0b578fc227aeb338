"""Measurements of benchmarks: kept, and compared with their noise."""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.screen.reporter import Table
from tasker_ci.text.statistics import deviation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEAST_ROUNDS = 3
"""With fewer rounds nothing is known about the noise."""

VERSION = 1

_DEVIATIONS = 3.0
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What comes of data that is no result: of another form, too large or too deep."""
_MOST_DEVIATION = 20.0
"""A factor of some hundred millions: beyond it a number tells no more."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One number of one round."""

    name: str
    value: float
    unit: str
    better: str
    """``higher`` or ``lower``."""


@dataclass(frozen=True, kw_only=True)
class MeasuredSeries:
    """The values of one measurement, one for each round."""

    name: str
    unit: str
    better: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The value in the middle."""
        return statistics.median(self.values)

    @property
    def deviation(self) -> float:
        """The standard deviation of a round, from the median deviation: no outlier moves it."""
        return deviation(self.values, self.median)

    @property
    def noise(self) -> float:
        """The deviation as a share of the median."""
        return self.deviation / abs(self.median) if self.median else 0.0

    @property
    def noise_in_words(self) -> str:
        """For people."""
        known = len(self.values) >= LEAST_ROUNDS
        return f"±{100 * self.noise:.1f} %" if known else "unknown"

    @property
    def spread(self) -> float:
        """The deviation of the logarithms: for little noise the same as `noise`.

        Times and rates have much noise by factors: a third is as far away as three times as much.
        """
        if min(self.values) <= 0:
            return self.noise
        return deviation(map(math.log, self.values), math.log(self.median))

    def as_data(self) -> dict[str, Any]:
        """The series for `--json` and for keeping."""
        return {
            "name": self.name,
            "unit": self.unit,
            "better": self.better,
            "values": list(self.values),
        }


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One measurement beside its earlier self."""

    now: MeasuredSeries
    before: MeasuredSeries | None
    limit: float = 0.0
    """By what share the larger of both has to exceed the smaller one to be none of the noise."""

    @property
    def change(self) -> float:
        """The difference as a share of what was before."""
        assert self.before is not None  # noqa: S101 - asked only where there is one
        return self.now.median / self.before.median - 1

    @property
    def limits(self) -> tuple[float, float]:
        """The changes between which there is no difference: a half is as far away as the double."""
        return 1 / (1 + self.limit) - 1, self.limit

    @property
    def limits_in_words(self) -> str:
        """For people."""
        low, high = (100 * each for each in self.limits)
        return f"{low:.1f} to {high:+.1f} %"

    @property
    def alike(self) -> bool:
        """Whether both count the same, and there is something to take a share of."""
        now, before = self.now, self.before
        if before is None or (now.unit, now.better) != (before.unit, before.better):
            return False
        return min(now.median, before.median) > 0

    @property
    def verdict(self) -> str:
        """``no difference``, ``better``, ``worse``, or why nothing can be said."""
        if not self.alike or self.before is None:
            return "nothing to compare"
        if min(len(self.now.values), len(self.before.values)) < LEAST_ROUNDS:
            return "too few rounds"
        if self.limits[0] <= self.change <= self.limits[1]:
            return "no difference"
        return "better" if (self.change > 0) == (self.now.better == "higher") else "worse"

    def as_data(self) -> dict[str, Any]:
        """The comparison for `--json`."""
        return {
            **self.now.as_data(),
            "median": self.now.median,
            "noise": self.now.noise,
            "before": self.before.median if self.before else None,
            "change": self.change if self.alike else None,
            "limits": list(self.limits) if self.alike else None,
            "verdict": self.verdict,
        }


def series_of(rounds: Sequence[Sequence[Measurement]]) -> tuple[MeasuredSeries, ...]:
    """The rounds by measurement. Raises `ReportError` where a round lacks one or has it twice."""
    names = [[each.name for each in one] for one in rounds]
    twice = sorted({name for one in names for name in one if one.count(name) > 1})
    if twice:
        message = f"One round measures this more than once: {', '.join(twice)}."
        raise ReportError(message, next_step="Give each measurement a name of its own.")
    every = dict.fromkeys(name for one in names for name in one)
    lacking = [name for name in every if any(name not in one for one in names)]
    if lacking:
        message = f"Some rounds measure this, and others do not: {', '.join(lacking)}."
        raise ReportError(message, next_step="Look at what the benchmarks print.")
    first = rounds[0] if rounds else ()
    values = [{each.name: each.value for each in one} for one in rounds]
    return tuple(
        MeasuredSeries(
            name=each.name,
            unit=each.unit,
            better=each.better,
            values=tuple(one[each.name] for one in values),
        )
        for each in first
    )


def compare(
    now: Sequence[MeasuredSeries],
    before: Sequence[MeasuredSeries],
    *,
    least_percent: int,
    drift: float = 0.0,
) -> tuple[Comparison, ...]:
    """Each measurement beside its earlier self.

    A difference of the medians is one only if it exceeds three deviations of a round, those of both
    results together, or ``least_percent``, and that by more than ``drift``, the share by which the
    machine itself differed. All of them are factors.
    """
    earlier = {each.name: each for each in before}
    result = []
    for each in now:
        row = Comparison(now=each, before=earlier.get(each.name))
        if row.alike and row.before is not None:
            deviations = _DEVIATIONS * math.hypot(each.spread, row.before.spread)
            noise = math.expm1(min(deviations, _MOST_DEVIATION))
            limit = (1 + max(noise, least_percent / 100)) * (1 + drift) - 1
            row = replace(row, limit=limit)
        result.append(row)
    return tuple(result)


def comparison_table(rows: Sequence[Comparison], *, title: str) -> Table:
    """The comparison for people."""
    return Table(
        title=title,
        columns=("measurement", "now", "noise", "before", "change", "no difference", "verdict"),
        rows=tuple(
            (
                row.now.name,
                f"{row.now.median:.4g} {row.now.unit}".strip(),
                row.now.noise_in_words,
                f"{row.before.median:.4g} {row.before.unit}".strip() if row.before else "-",
                f"{100 * row.change:+.1f} %" if row.alike else "-",
                row.limits_in_words if row.alike else "-",
                row.verdict,
            )
            for row in rows
        ),
    )


def written(series: Sequence[MeasuredSeries], facts: Mapping[str, Any]) -> str:
    """A result as it is kept: ``facts`` say of what and where."""
    document = {"version": VERSION, **facts, "series": [each.as_data() for each in series]}
    return json.dumps(document, indent=1) + "\n"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a measurement's name, unit and direction are texts")
    return value


def read_result(text: str, source: str) -> tuple[dict[str, Any], tuple[MeasuredSeries, ...]]:
    """A result that was kept: its facts and its series. Raises `ReportError` if it is none."""
    try:
        document = json.loads(text)
        if document["version"] > VERSION:
            message = f"{source} was written by a newer tasker-ci."
            raise ReportError(message, next_step="Update tasker-ci, or remove the file.")
        series = tuple(
            MeasuredSeries(
                name=_text(row["name"]),
                unit=_text(row["unit"]),
                better=_text(row["better"]),
                values=tuple(map(float, row["values"])),
            )
            for row in document.pop("series")
        )
    except _UNREADABLE as error:
        message = f"{source} is no result of `bench` ({error!r})."
        raise ReportError(message, next_step="Remove the file.") from error
    if any(not each.values or not all(map(math.isfinite, each.values)) for each in series):
        message = f"{source} has a measurement without values that are numbers."
        raise ReportError(message, next_step="Remove the file.")
    return document, series
