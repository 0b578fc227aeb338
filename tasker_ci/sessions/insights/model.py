"""Runs, attempts, jobs and steps as typed values; a time that nobody knows is None, never 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

SUCCESS = "success"
FAILURES = ("failure", "timed_out", "startup_failure")
"""Conclusions that say that something is wrong. All others (`cancelled`, `skipped`, `stale`,
`action_required`, `neutral`) say nothing about the code, and are counted apart."""

COMPLETED = "completed"


@dataclass(frozen=True, kw_only=True)
class StepRun:
    """One step of a job."""

    name: str
    conclusion: str
    started: datetime | None
    completed: datetime | None

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return seconds_between(self.started, self.completed)


@dataclass(frozen=True, kw_only=True)
class TimedJob:
    """One job of an attempt."""

    name: str
    status: str
    conclusion: str
    created: datetime | None
    started: datetime | None
    completed: datetime | None
    ran: bool
    """Whether a runner took it: the times of a skipped job mean nothing."""
    labels: tuple[str, ...] = ()
    steps: tuple[StepRun, ...] = ()

    @property
    def seconds(self) -> float | None:
        """How long it ran; None if it did not, or if its times are not those of a job."""
        if not self.ran or self.status != COMPLETED:
            return None
        return seconds_between(self.started, self.completed)

    @property
    def queued_seconds(self) -> float | None:
        """How long it waited for a runner."""
        return seconds_between(self.created, self.started) if self.ran else None


@dataclass(frozen=True, kw_only=True)
class RunAttempt:
    """One attempt of a run: the first, or a re-run."""

    number: int
    status: str
    conclusion: str
    jobs: tuple[TimedJob, ...] | None
    """None where they could not be read, which is not the same as none."""


@dataclass(frozen=True, kw_only=True)
class WorkflowRun:
    """One run with the attempts that are known."""

    id: int
    created: datetime | None
    status: str
    conclusion: str
    """Those of the newest attempt."""
    newest: int
    """The number of the newest attempt."""
    attempts: tuple[RunAttempt, ...]

    @property
    def completed(self) -> bool:
        """Whether its newest attempt is over."""
        return self.status == COMPLETED

    @property
    def first(self) -> RunAttempt | None:
        """The first attempt, the one that says how reliable the workflow is; None if unknown."""
        return next((each for each in self.attempts if each.number == 1), None)


@dataclass(frozen=True, kw_only=True)
class CompilerCache:
    """What sccache counted in one job of a run's first attempt."""

    run: int
    name: str
    hits: int
    misses: int


@dataclass(frozen=True, kw_only=True)
class ReportTimes:
    """What one report of tests of a run's first attempt says about time."""

    __test__ = False

    run: int
    name: str
    tests: int
    flaky: int
    test_seconds: float
    """The times of all tests together."""
    wall_seconds: float
    """The time from the first to the last."""


@dataclass(frozen=True, kw_only=True)
class WorkflowHistory:
    """All that is known about a workflow."""

    runs: tuple[WorkflowRun, ...]
    """From the oldest to the newest."""
    caches: tuple[CompilerCache, ...] = ()
    tests: tuple[ReportTimes, ...] = ()


def seconds_between(first: datetime | None, last: datetime | None) -> float | None:
    """The seconds from ``first`` to ``last``; None if one is unknown or they are the wrong way.

    Runners have clocks of their own, so that a job can end before it starts.
    """
    if first is None or last is None or last < first:
        return None
    return (last - first).total_seconds()


def run_seconds(jobs: Iterable[TimedJob]) -> float | None:
    """How long an attempt took: from the start of its first job to the end of its last.

    None if none ran, or the times of one are unknown. (`updated_at` of a run is not its end:
    annotations move it; https://github.com/cli/cli/issues/7903.)
    """
    times = [(job.started, job.completed, job.seconds) for job in jobs if job.ran]
    starts = [start for start, _, seconds in times if start is not None and seconds is not None]
    ends = [end for _, end, seconds in times if end is not None and seconds is not None]
    if not times or len(starts) < len(times) or len(ends) < len(times):
        return None
    return (max(ends) - min(starts)).total_seconds()
