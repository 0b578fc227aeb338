"""The four key metrics against their targets, each with its sample, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tasker_ci.sessions.insights.figures import durations
from tasker_ci.sessions.insights.model import FAILURES, SUCCESS
from tasker_ci.sessions.insights.spread import Share, Spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasker_ci.sessions.insights.model import (
        CompilerCache,
        ReportTimes,
        TimedJob,
        WorkflowHistory,
        WorkflowRun,
    )
    from tasker_ci.sessions.insights.settings import InsightsSettings

Unit = Literal["seconds", "share", "times"]

_INTEGRATION = "integration"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One key metric."""

    name: str
    unit: Unit
    target: float
    at_most: bool
    """Whether the target is a ceiling that must not be reached; else a floor to get beyond."""
    value: float | None
    """None where there is no data."""
    n: int
    """On how many runs it is measured."""
    detail: str
    """What was measured, or why there is no data."""

    @property
    def verdict(self) -> Literal["met", "missed", "no data"]:
        """The value against the target."""
        if self.value is None:
            return "no data"
        met = self.value < self.target if self.at_most else self.value > self.target
        return "met" if met else "missed"


def key_metrics(history: WorkflowHistory, targets: InsightsSettings) -> tuple[Metric, ...]:
    """Total time, sccache's hit rate, the parallel gain of the tests, integration's stability."""
    return (
        _total_time(history.runs, targets.total_minutes * 60.0),
        _hit_rate(history.caches, targets.hit_rate / 100),
        _parallel_gain(history.tests, float(targets.parallel_gain)),
        _stability(history.runs, targets.stability / 100),
    )


def _total_time(runs: Sequence[WorkflowRun], target: float) -> Metric:
    found = durations(runs)
    spread = found.spread
    detail = "no run that was green at the first attempt has known times"
    if spread is not None:
        detail = "median of the runs that were green at the first attempt, start to end"
    return _median("total time", "seconds", target, spread, detail, at_most=True)


def _hit_rate(caches: Sequence[CompilerCache], target: float) -> Metric:
    """By run, because one that had to compile much would outweigh ten."""
    shares: list[float] = []
    requests = 0
    for run in {each.run for each in caches}:
        hits = sum(each.hits for each in caches if each.run == run)
        cacheable = hits + sum(each.misses for each in caches if each.run == run)
        if cacheable:
            shares.append(hits / cacheable)
            requests += cacheable
    spread = Spread.of(shares)
    detail = "no artifact with sccache's statistics could be read"
    if spread is not None:
        detail = f"median over runs of hits among cacheable requests ({requests} in all)"
    elif caches:
        detail = "sccache saw no cacheable request"
    return _median("sccache hit rate", "share", target, spread, detail)


def _parallel_gain(tests: Sequence[ReportTimes], target: float) -> Metric:
    """How much longer the unit tests would take one after the other.

    At most so much: beside others a test takes longer than alone.
    """
    gains: list[float] = []
    usable = [
        each
        for each in tests
        if _INTEGRATION not in each.name and each.wall_seconds > 0 and each.test_seconds > 0
    ]
    for run in {each.run for each in usable}:
        own = [each for each in usable if each.run == run]
        gains.append(
            sum(each.test_seconds for each in own) / sum(each.wall_seconds for each in own)
        )
    spread = Spread.of(gains)
    detail = "no artifact with a report of unit tests that has times could be read"
    if spread is not None:
        detail = (
            "median over runs of the tests' own times together by their wall time, an upper bound"
        )
    return _median("parallel gain of the tests", "times", target, spread, detail)


def _median(
    name: str,
    unit: Unit,
    target: float,
    spread: Spread | None,
    detail: str,
    *,
    at_most: bool = False,
) -> Metric:
    return Metric(
        name=name,
        unit=unit,
        target=target,
        at_most=at_most,
        value=spread.median if spread else None,
        n=spread.n if spread else 0,
        detail=detail,
    )


def _stability(runs: Sequence[WorkflowRun], target: float) -> Metric:
    outcomes: list[bool] = []
    names: set[str] = set()
    for run in runs:
        first = run.first
        if not run.completed or first is None:
            continue
        jobs = [job for job in first.jobs or () if _of_integration(job)]
        names.update(job.name for job in jobs)
        if any(job.conclusion in FAILURES for job in jobs):
            outcomes.append(False)
        elif jobs and all(job.conclusion == SUCCESS for job in jobs):
            outcomes.append(True)
    share = Share.of(sum(outcomes), len(outcomes))
    detail = "no job with `integration` in its name succeeded or failed"
    if share is not None:
        interval = f"{share.low:.0%} to {share.high:.0%}".replace("%", " %")
        detail = (
            f"first attempts in which {', '.join(sorted(names))} succeeded, "
            f"among those in which it succeeded or failed (95 % interval {interval})"
        )
    return Metric(
        name="integration stability",
        unit="share",
        target=target,
        at_most=False,
        value=share.value if share else None,
        n=share.n if share else 0,
        detail=detail,
    )


def _of_integration(job: TimedJob) -> bool:
    return job.conclusion != "skipped" and _INTEGRATION in job.name.lower()
