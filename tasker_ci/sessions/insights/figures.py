"""Rates, durations, waiting and cost, as pure functions of runs; nothing is made up.

The first attempt of a run says how reliable and how fast a workflow is: a re-run hides a failure,
and a re-run of failed jobs alone is short. Only cost counts every attempt.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.sessions.insights.model import FAILURES, SUCCESS, run_seconds
from tasker_ci.sessions.insights.spread import SeriesTrend, Share, Spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tasker_ci.sessions.insights.model import RunAttempt, TimedJob, WorkflowRun

UNKNOWN_JOBS = "its jobs are not known"
NO_JOB_RAN = "no job of it ran"
NO_TIMES = "a job of it has no usable times"


@dataclass(frozen=True, kw_only=True)
class Rates:
    """How runs ended. Those that are not over count nowhere."""

    completed: int
    unfinished: int
    conclusions: Mapping[str, int]
    """How many first attempts ended how, most frequent first."""
    unknown: int
    """Runs whose first attempt is not known."""
    success: Share | None
    """Among the first attempts that succeeded or failed; a cancelled run says nothing."""
    failure: Share | None
    after_reruns: Share | None
    """Likewise, by the newest attempt of each run."""
    rerun: int


def rates(runs: Sequence[WorkflowRun]) -> Rates:
    """How the runs ended."""
    over = [run for run in runs if run.completed]
    firsts = [run.first for run in over if run.first and run.first.conclusion]
    counts = Counter(first.conclusion for first in firsts)
    good, bad = counts[SUCCESS], sum(counts[each] for each in FAILURES)
    last = Counter(run.conclusion for run in over)
    last_good, last_bad = last[SUCCESS], sum(last[each] for each in FAILURES)
    return Rates(
        completed=len(over),
        unfinished=len(runs) - len(over),
        conclusions=dict(counts.most_common()),
        unknown=len(over) - len(firsts),
        success=Share.of(good, good + bad),
        failure=Share.of(bad, good + bad),
        after_reruns=Share.of(last_good, last_good + last_bad),
        rerun=sum(run.newest > 1 for run in over),
    )


@dataclass(frozen=True, kw_only=True)
class Durations:
    """How long the successful first attempts took, from the oldest to the newest."""

    seconds: tuple[float, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Successful first attempts without a duration, by the reason."""

    @property
    def spread(self) -> Spread | None:
        """None where there is none."""
        return Spread.of(self.seconds)

    @property
    def trend(self) -> SeriesTrend | None:
        """None where there are too few."""
        return SeriesTrend.of(self.seconds)


def durations(runs: Sequence[WorkflowRun]) -> Durations:
    """How long the runs took that were green at the first attempt."""
    found: list[float] = []
    left_out: Counter[str] = Counter()
    for run in runs:
        first = run.first
        if not run.completed or first is None or first.conclusion != SUCCESS:
            continue
        seconds = run_seconds(first.jobs) if first.jobs else None
        if seconds is not None:
            found.append(seconds)
        elif first.jobs is None:
            left_out[UNKNOWN_JOBS] += 1
        elif not any(job.ran for job in first.jobs):
            left_out[NO_JOB_RAN] += 1
        else:
            left_out[NO_TIMES] += 1
    return Durations(seconds=tuple(found), left_out=dict(left_out))


@dataclass(frozen=True, kw_only=True)
class QueueTimes:
    """How long the jobs of first attempts waited for a runner."""

    spread: Spread | None
    left_out: int
    """Jobs that ran, and of which it is not known."""


def waiting(runs: Sequence[WorkflowRun]) -> QueueTimes:
    """From the creation of a job to its start, over all jobs that ran."""
    jobs = [job for _, job in _first_jobs(runs) if job.ran]
    known = [seconds for job in jobs if (seconds := job.queued_seconds) is not None]
    return QueueTimes(spread=Spread.of(known), left_out=len(jobs) - len(known))


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How long one job or step takes when it succeeds."""

    job: str
    step: str
    """Empty: the job."""
    seconds: Spread
    failed: int
    """How often it failed."""


def slowest_jobs(runs: Sequence[WorkflowRun], count: int) -> tuple[Timing, ...]:
    """The jobs of first attempts with the longest median, longest first."""
    times: dict[tuple[str, str], list[float]] = {}
    failed: Counter[tuple[str, str]] = Counter()
    for _, job in _first_jobs(runs):
        if job.conclusion == SUCCESS and job.seconds is not None:
            times.setdefault((job.name, ""), []).append(job.seconds)
        failed[job.name, ""] += job.conclusion in FAILURES
    return _slowest(times, failed, count)


def slowest_steps(runs: Sequence[WorkflowRun], count: int) -> tuple[Timing, ...]:
    """The steps of first attempts with the longest median, longest first."""
    times: dict[tuple[str, str], list[float]] = {}
    failed: Counter[tuple[str, str]] = Counter()
    for _, job in _first_jobs(runs):
        for step in job.steps:
            if step.conclusion == SUCCESS and step.seconds is not None:
                times.setdefault((job.name, step.name), []).append(step.seconds)
            failed[job.name, step.name] += step.conclusion in FAILURES
    return _slowest(times, failed, count)


def _slowest(
    times: Mapping[tuple[str, str], list[float]], failed: Counter[tuple[str, str]], count: int
) -> tuple[Timing, ...]:
    timings = [
        Timing(job=key[0], step=key[1], seconds=spread, failed=failed[key])
        for key, values in times.items()
        if (spread := Spread.of(values)) is not None
    ]
    timings.sort(key=lambda each: (-each.seconds.median, each.job, each.step))
    return tuple(timings[:count])


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The time of runners, over every attempt of the runs of which all is known."""

    n: int
    """How many runs these are."""
    minutes: float
    """As measured."""
    billed: int
    """Each job rounded up to a whole minute, as GitHub bills the runners it hosts; without the
    factors of other systems than Linux, and with runners of one's own, which it does not bill."""
    per_run: Spread | None
    """Minutes as measured."""
    by_labels: Mapping[str, float]
    """Minutes by the labels of the runner, most first."""
    left_out: int
    """Runs of which something is not known."""


def cost(runs: Sequence[WorkflowRun]) -> Cost:
    """What the runs that are over cost.

    A re-run of failed jobs lists the others again with the times of before: those count once.
    """
    per_run: list[float] = []
    labels: dict[str, list[float]] = {}
    billed = left_out = 0
    for run in runs:
        if not run.completed:
            continue
        jobs = _all_jobs(run)
        times = [job.seconds for job in jobs if job.seconds is not None] if jobs else []
        if jobs is None or len(times) < len(jobs):
            left_out += 1
            continue
        per_run.append(math.fsum(times) / 60)
        billed += sum(math.ceil(seconds / 60) for seconds in times)
        for job, seconds in zip(jobs, times, strict=True):
            name = ", ".join(job.labels) or "unknown"
            labels.setdefault(name, []).append(seconds)
    # Seconds are summed, and minutes made of the sums: else the parts are not quite the whole.
    minutes = {name: math.fsum(seconds) / 60 for name, seconds in labels.items()}
    return Cost(
        n=len(per_run),
        minutes=math.fsum(each for seconds in labels.values() for each in seconds) / 60,
        billed=billed,
        per_run=Spread.of(per_run),
        by_labels=dict(sorted(minutes.items(), key=lambda pair: -pair[1])),
        left_out=left_out,
    )


def _all_jobs(run: WorkflowRun) -> list[TimedJob] | None:
    """The jobs that ran in any attempt; None if those of one are not known."""
    numbers = [attempt.number for attempt in run.attempts]
    # Counted first: a recording can claim any number of attempts.
    if len(numbers) != run.newest or numbers != list(range(1, len(numbers) + 1)):
        return None
    found: dict[object, TimedJob] = {}
    for attempt in run.attempts:
        if attempt.jobs is None:
            return None
        seen: Counter[object] = Counter()
        for job in attempt.jobs:
            if job.ran:
                # Jobs of a matrix may share a name and their seconds: only what another attempt
                # lists just as often is a copy.
                times = (job.name, job.started, job.completed)
                what = times if job.seconds is not None else attempt.number
                found[what, seen[what]] = job
                seen[what] += 1
    return list(found.values())


def _first_jobs(runs: Iterable[WorkflowRun]) -> Iterable[tuple[RunAttempt, TimedJob]]:
    for run in runs:
        if run.completed and run.first is not None:
            for job in run.first.jobs or ():
                yield run.first, job
