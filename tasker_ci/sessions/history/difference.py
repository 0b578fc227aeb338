"""What changed between two runs of one session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.text.statistics import LEAST_BEFORE, threshold

if TYPE_CHECKING:
    from tasker_ci.sessions.history.trend import RecordedRun, SeriesKey, Trend

SLOWER_FACTOR = 1.5
SLOWER_SECONDS = 0.1
"""A test is slower if it took this factor and this time more, and more than its noise if known."""

_GREEN = {"passed", "flaky"}


@dataclass(frozen=True, kw_only=True)
class Slower:
    """A test that passed in both runs and took longer."""

    key: SeriesKey
    before: float
    after: float
    sample: int
    """How many earlier times its noise is known from; below five it is not."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Tests of the newer run against those of the older."""

    base: RecordedRun
    head: RecordedRun
    new: tuple[SeriesKey, ...]
    gone: tuple[SeriesKey, ...]
    broken: tuple[SeriesKey, ...]
    fixed: tuple[SeriesKey, ...]
    skipped: tuple[SeriesKey, ...]
    """Skipped now, not before."""
    slower: tuple[Slower, ...]

    @property
    def perhaps_unreached(self) -> bool:
        """Whether what is gone may only not have been reached: a failed run may stop early."""
        return bool(self.gone) and not self.head.passed

    @property
    def narrowed(self) -> bool:
        """Whether a run left tests out, maybe others than the other: then none is new or gone."""
        return self.base.narrowed or self.head.narrowed


def difference(trend: Trend, base: int, head: int) -> Difference:
    """Compare the runs at two places of a trend."""
    before, after = trend.results(base), trend.results(head)
    narrowed = trend.runs[base].narrowed or trend.runs[head].narrowed
    both = sorted(before.keys() & after.keys())
    return Difference(
        base=trend.runs[base],
        head=trend.runs[head],
        new=() if narrowed else tuple(sorted(after.keys() - before.keys())),
        gone=() if narrowed else tuple(sorted(before.keys() - after.keys())),
        broken=tuple(
            key for key in both if after[key][0] == "failed" and before[key][0] != "failed"
        ),
        fixed=tuple(key for key in both if before[key][0] == "failed" and after[key][0] in _GREEN),
        skipped=tuple(
            key for key in both if after[key][0] == "skipped" and before[key][0] != "skipped"
        ),
        slower=tuple(
            sorted(
                (
                    found
                    for key in both
                    if (found := _slower(trend, key, before[key][1], after[key][1], head))
                    and before[key][0] == after[key][0] == "passed"
                ),
                key=lambda each: (each.before - each.after, each.key),
            )
        ),
    )


def _slower(trend: Trend, key: SeriesKey, before: float, after: float, head: int) -> Slower | None:
    if after < before * SLOWER_FACTOR or after - before < SLOWER_SECONDS:
        return None
    earlier = [
        seconds
        for place, (status, seconds) in trend.tests[key].results.items()
        if place > head and status == "passed"  # places count from the newest run
    ]
    if len(earlier) >= LEAST_BEFORE and after <= threshold(earlier, SLOWER_SECONDS):
        return None
    return Slower(key=key, before=before, after=after, sample=len(earlier))
