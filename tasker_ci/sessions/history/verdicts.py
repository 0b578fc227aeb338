"""What a trend says: times and regressions of sessions and tests, and which tests are flaky."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.text.statistics import Regression, median, p90, regression, wilson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.reports.run import CaseStatus
    from tasker_ci.sessions.history.trend import SeriesKey, Trend

SESSION_FLOOR_SECONDS = 1.0
TEST_FLOOR_SECONDS = 0.05
"""A test that is slower by less is no regression, whatever the noise."""


@dataclass(frozen=True, kw_only=True)
class SessionTimes:
    """One session over its runs; None means that there is no data."""

    title: str
    runs: int
    passed: int
    sample: int
    """How many of them count: passed, first attempt."""
    median: float | None
    p90: float | None
    newest: float | None
    """Of the newest that counts."""
    hits: int | None
    """sccache's, in all runs together."""
    cacheable: int | None
    regression: Regression | None


def session_times(trend: Trend) -> Iterator[SessionTimes]:
    """The times of every session."""
    for title in trend.titles:
        runs = [trend.runs[place] for place in trend.of(title)]
        times = [run.seconds for run in reversed(runs) if run.counts]
        hits = [run.hits for run in runs if run.hits is not None]
        misses = [run.misses for run in runs if run.misses is not None]
        yield SessionTimes(
            title=title,
            runs=len(runs),
            passed=sum(run.passed for run in runs),
            sample=len(times),
            median=median(times),
            p90=p90(times),
            newest=times[-1] if times else None,
            hits=sum(hits) if hits else None,
            cacheable=sum(hits) + sum(misses) if hits else None,
            regression=regression(times, SESSION_FLOOR_SECONDS),
        )


@dataclass(frozen=True, kw_only=True)
class TestTimes:
    """One test over its runs."""

    __test__ = False

    key: SeriesKey
    sample: int
    median: float
    p90: float | None
    newest: float
    regression: Regression | None


def test_times(trend: Trend) -> list[TestTimes]:
    """The times of every test that passed at least once, the slowest first."""
    found = []
    for key, series in trend.tests.items():
        times = trend.passed_times(series)
        middle = median(times)
        if middle is not None:
            found.append(
                TestTimes(
                    key=key,
                    sample=len(times),
                    median=middle,
                    p90=p90(times),
                    newest=times[-1],
                    regression=regression(times, TEST_FLOOR_SECONDS),
                )
            )
    return sorted(found, key=lambda each: (-each.median, each.key))


test_times.__test__ = False  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class FlakyTest:
    """A test that passed and failed in one run, or on one and the same commit."""

    key: SeriesKey
    runs: int
    """In which it was executed."""
    failed: int
    retried: int
    """Runs in which it passed after a retry."""
    commits: int
    """On which it both passed and failed."""

    newest_session: str = ""
    """Which session ran it last."""
    quarantined: bool = False
    """Whether it was in quarantine then."""

    @property
    def share(self) -> tuple[float, float] | None:
        """Between which shares of runs it fails or needs a retry, with 95 %."""
        return wilson(self.failed + self.retried, self.runs)


def flaky_tests(trend: Trend) -> list[FlakyTest]:
    """Flaky tests, those with most trouble first; uncommitted changes are no evidence."""
    found = []
    for key, series in trend.tests.items():
        if all(status in {"passed", "skipped"} for status, _ in series.results.values()):
            continue
        by_commit: dict[str, set[CaseStatus]] = {}
        executed = failed = retried = 0
        for place, (status, _) in series.results.items():
            run = trend.runs[place]
            if status == "skipped":
                continue
            executed += 1
            failed += status == "failed"
            retried += status == "flaky"
            if run.commit and not run.dirty:
                known = by_commit.setdefault(run.commit, set())
                known.add("flaky" if place in series.flaky else status)
        commits = sum(
            "flaky" in states or {"passed", "failed"} <= states for states in by_commit.values()
        )
        if commits or retried or series.flaky:
            newest = min(series.results)
            found.append(
                FlakyTest(
                    key=key,
                    runs=executed,
                    failed=failed,
                    retried=retried,
                    commits=commits,
                    newest_session=trend.runs[newest].session,
                    quarantined=newest in series.quarantined,
                )
            )
    return sorted(found, key=lambda each: (-(each.failed + each.retried), each.key))
