"""A trend as tables for a screen, as Markdown and as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.screen.reporter import Table
from tasker_ci.sessions.history.proposals import PROPOSED, proposals
from tasker_ci.sessions.history.trend import identity_of, shown_key
from tasker_ci.text.durations import duration
from tasker_ci.text.foreign import one_line, shortened
from tasker_ci.text.markdown import code, escaped, table
from tasker_ci.text.plurals import counted
from tasker_ci.text.statistics import LEAST_BEFORE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tasker_ci.sessions.history.difference import Difference, Slower
    from tasker_ci.sessions.history.trend import SeriesKey, Trend
    from tasker_ci.sessions.history.verdicts import FlakyTest, SessionTimes, TestTimes
    from tasker_ci.text.statistics import Regression

NO_DATA = "no data"
SLOWEST = 10
MAXIMUM_ROWS = 20
_MANY_TESTS, _MANY_SHARE = 20, 0.2
"""When so many tests are slower at once, the machine is."""


@dataclass(frozen=True, kw_only=True)
class TrendView:
    """Everything that is shown."""

    trend: Trend
    sessions: tuple[SessionTimes, ...]
    tests: tuple[TestTimes, ...]
    """The slowest first."""
    flaky: tuple[FlakyTest, ...]
    differences: tuple[Difference, ...]

    @property
    def slower(self) -> tuple[TestTimes, ...]:
        """The tests that are slower beyond noise."""
        return tuple(each for each in self.tests if each.regression)

    def tables(self) -> Iterator[tuple[str, Table]]:
        """The tables for a screen with their titles; texts of others are made visible."""
        for title, columns, rows in self._parts():
            shown = tuple(tuple(one_line(shortened(cell, 160)) for cell in row) for row in rows)
            yield one_line(title), Table(columns=tuple(columns), rows=shown)

    def markdown(self) -> Iterator[str]:
        """The same for GitHub's page."""
        for title, columns, rows in self._parts():
            cells = ([code(row[0]), *map(escaped, row[1:])] for row in rows)
            yield table(columns, cells, title=escaped(title))
        yield from (f"{escaped(line)}\n" for line in self.remarks())

    def remarks(self) -> Iterator[str]:
        """What a reader has to know beside the tables."""
        if self.trend.proven:
            times = counted(self.trend.proven, "time")
            yield f"{times} a session was proven by an earlier run, and did not run again."
        for each in self.differences:
            if each.perhaps_unreached:
                yield f"{each.head.title}: the newer run failed; what is gone may not have run."
            if each.narrowed:
                yield f"{each.head.title}: what only one of the runs has is neither new nor gone."
        tests, slower = len(self.tests), len(self.slower)
        if tests >= _MANY_TESTS and slower > tests * _MANY_SHARE:
            share = f"{slower} of {tests} tests are slower"
            yield f"{share}: rather the machine than the tests."
        for title, total in (("slower", slower), ("flaky", len(self.flaky))):
            if total > MAXIMUM_ROWS:
                yield f"{title}: {MAXIMUM_ROWS} of {total} shown; --json has all."

    def _parts(self) -> Iterator[tuple[str, Sequence[str], list[tuple[str, ...]]]]:
        yield (
            "Sessions",
            ("session", "passed", "median", "p90", "newest", "of runs", "slower", "sccache hits"),
            [_session_row(each) for each in self.sessions],
        )
        if self.tests:
            yield (
                "Slowest tests",
                ("test", "median", "p90", "newest", "of runs"),
                [
                    (
                        shown_key(each.key),
                        duration(each.median),
                        _duration(each.p90),
                        duration(each.newest),
                        str(each.sample),
                    )
                    for each in self.tests[:SLOWEST]
                ],
            )
        if self.slower:
            yield (
                "Slower beyond noise",
                ("test", "change", "noise ends at", "runs"),
                [
                    (shown_key(each.key), *_regression_cells(each.regression))
                    for each in self.slower[:MAXIMUM_ROWS]
                    if each.regression
                ],
            )
        if self.flaky:
            yield (
                "Flaky tests",
                ("test", "failed", "passed on retry", "of runs", "share (95 %)", "commits"),
                [_flaky_row(each) for each in self.flaky[:MAXIMUM_ROWS]],
            )
        if proposed := proposals(self.flaky)[:MAXIMUM_ROWS]:
            yield PROPOSED, ("entry", "because"), [each.row for each in proposed]
        for each in self.differences:
            yield (
                f"{each.head.title}, {each.base.name} → {each.head.name}: "
                + (", ".join(_amounts(each)) or "no test differs"),
                ("test", "what"),
                list(_difference_rows(each)),
            )

    def data(self) -> dict[str, Any]:
        """What ``--json`` prints; null means that there is no data."""
        return {
            "sessions": [
                {
                    "session": each.title,
                    "runs": each.runs,
                    "passed": each.passed,
                    "sample": each.sample,
                    "median": each.median,
                    "p90": each.p90,
                    "newest": each.newest,
                    "sccache_hits": each.hits,
                    "sccache_cacheable": each.cacheable,
                    "regression": _regression(each.regression),
                }
                for each in self.sessions
            ],
            "runs": [
                {
                    "run": run.run,
                    "session": run.title,
                    "started": run.started.isoformat(),
                    "seconds": round(run.seconds, 3),
                    "passed": run.passed,
                    "commit": run.commit or "",
                    "dirty": run.dirty,
                    "branch": run.branch or "",
                    "attempt": run.attempt,
                    "tests": run.tests,
                }
                for run in self.trend.runs
            ],
            "tests": [
                {
                    **identity_of(each.key),
                    "median": each.median,
                    "p90": each.p90,
                    "newest": each.newest,
                    "sample": each.sample,
                    "regression": _regression(each.regression),
                }
                for each in self.tests
            ],
            "flaky": [
                {
                    **identity_of(each.key),
                    "failed": each.failed,
                    "passed_on_retry": each.retried,
                    "runs": each.runs,
                    "share": each.share,
                    "commits": each.commits,
                    "quarantined": each.quarantined,
                }
                for each in self.flaky
            ],
            "proposed_for_quarantine": [each.data() for each in proposals(self.flaky)],
            "differences": [_difference_data(each) for each in self.differences],
        }


def _duration(seconds: float | None) -> str:
    return NO_DATA if seconds is None else duration(seconds)


def _session_row(each: SessionTimes) -> tuple[str, ...]:
    slower = "" if each.regression is None else _regression_cells(each.regression)[0]
    hits = NO_DATA
    if each.cacheable:
        hits = f"{(each.hits or 0) / each.cacheable:.0%}".replace("%", " %")
        hits += f" of {each.cacheable}"
    return (
        each.title,
        f"{each.passed} of {each.runs}",
        _duration(each.median),
        _duration(each.p90),
        _duration(each.newest),
        str(each.sample),
        slower,
        hits,
    )


def _regression_cells(found: Regression) -> tuple[str, str, str]:
    return (
        f"{duration(found.before)} → {duration(found.after)}",
        duration(found.limit),
        f"{found.runs_before} before, {found.runs_after} after",
    )


def _regression(found: Regression | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "before": found.before,
        "after": found.after,
        "limit": found.limit,
        "runs_before": found.runs_before,
        "runs_after": found.runs_after,
    }


def _flaky_row(each: FlakyTest) -> tuple[str, ...]:
    share = NO_DATA
    if each.share is not None:
        low, high = each.share
        share = f"{low * 100:.0f} to {high * 100:.0f} %"
    return (
        shown_key(each.key),
        str(each.failed),
        str(each.retried),
        str(each.runs),
        share,
        str(each.commits),
    )


def _amounts(found: Difference) -> Iterator[str]:
    for kind in ("broken", "fixed", "new", "gone", "skipped", "slower"):
        amount = len(getattr(found, kind))
        if amount:
            yield f"{amount} {kind}"


def _difference_rows(found: Difference) -> Iterator[tuple[str, str]]:
    kinds: tuple[tuple[str, Iterable[SeriesKey]], ...] = (
        ("broken", found.broken),
        ("fixed", found.fixed),
        ("new", found.new),
        ("gone", found.gone),
        ("skipped now", found.skipped),
    )
    for what, keys in kinds:
        yield from _limited([(shown_key(key), what) for key in keys], what)
    slower = [(shown_key(each.key), _slower_cell(each)) for each in found.slower]
    yield from _limited(slower, "slower")


def _slower_cell(each: Slower) -> str:
    known = each.sample >= LEAST_BEFORE
    noise = f"{'above the noise' if known else 'noise not known'} of {each.sample} runs"
    return f"slower: {duration(each.before)} → {duration(each.after)}, {noise}"


def _limited(rows: list[tuple[str, str]], what: str) -> Iterator[tuple[str, str]]:
    yield from rows[:MAXIMUM_ROWS]
    if len(rows) > MAXIMUM_ROWS:
        yield f"… and {len(rows) - MAXIMUM_ROWS} more", what


def _difference_data(found: Difference) -> dict[str, Any]:
    kinds = ("new", "gone", "broken", "fixed", "skipped")
    return {
        "session": found.head.title,
        "base": {"run": found.base.run, "commit": found.base.commit},
        "head": {"run": found.head.run, "commit": found.head.commit},
        **{kind: [identity_of(key) for key in getattr(found, kind)] for kind in kinds},
        "slower": [
            {
                **identity_of(each.key),
                "before": each.before,
                "after": each.after,
                "sample": each.sample,
            }
            for each in found.slower
        ],
        "perhaps_unreached": found.perhaps_unreached,
        "narrowed": found.narrowed,
    }
