"""Many runs together, as they may be compared.

Runs are compared with their like: the same session with the same arguments on the same toolchain.
Shards of one run are one run. A time counts where the run, or the test, passed at the first try.
A session that was skipped, because there was nothing for it to do, is no run: neither good nor bad.
Neither is one that was proven: its run is counted already.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.sessions.history.recording import PROVEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tasker_ci.reports.run import CaseStatus
    from tasker_ci.sessions.history.record import Record
    from tasker_ci.sessions.history.record_folder import History

SeriesKey = tuple[str, str, str, str]
"""Variant, suite, class and name of a test; the variant is the toolchain, and the system where the
history has several."""

_WORST: Mapping[CaseStatus, int] = {"failed": 3, "flaky": 2, "passed": 1, "skipped": 0}


def shown_key(key: SeriesKey) -> str:
    """A test for people."""
    variant, suite, classname, name = key
    return f"{classname or suite} {name}" + (f" [{variant}]" if variant else "")


def identity_of(key: SeriesKey) -> dict[str, str]:
    """A test as `--json` names it."""
    variant, suite, classname, name = key
    return {"suite": suite, "class": classname, "test": name, "variant": variant}


@dataclass(kw_only=True)
class RecordedRun:
    """One run of one session: the records of its shards together."""

    run: str
    session: str
    title: str
    system: str
    started: datetime
    commit: str | None
    dirty: bool
    branch: str | None
    attempt: int
    passed: bool
    narrowed: bool = False
    """Whether it left tests out by what had changed (`--affected`), not by its arguments alone."""
    spans: list[tuple[float, float]] = field(default_factory=list)
    partitions: set[str | None] = field(default_factory=set)
    tests: int = 0
    hits: int | None = None
    misses: int | None = None

    @property
    def seconds(self) -> float:
        """The time that its records cover, overlaps once: shards run side by side."""
        covered, reached = 0.0, float("-inf")
        for begin, end in sorted(self.spans):
            covered += max(0.0, end - max(begin, reached))
            reached = max(reached, end)
        return covered

    @property
    def counts(self) -> bool:
        """Whether its time may stand in a median."""
        return self.passed and self.attempt == 1

    @property
    def name(self) -> str:
        """The run for people: when, and of which commit."""
        commit = f" {self.commit[:10]}{'+' if self.dirty else ''}" if self.commit else ""
        return f"{self.started:%Y-%m-%d %H:%M}{commit}"


@dataclass(kw_only=True)
class ResultSeries:
    """What became of one test, by the place of the run."""

    results: dict[int, tuple[CaseStatus, float]] = field(default_factory=dict)
    flaky: set[int] = field(default_factory=set)
    """The runs in which it passed too, and failed at last."""
    quarantined: set[int] = field(default_factory=set)
    """The runs in which it was in quarantine."""

    def add(self, place: int, status: CaseStatus, seconds: float) -> None:
        """Another result; of several in one run the worst stays, pass and fail is flaky."""
        known = self.results.get(place)
        if known is not None:
            states = {known[0], status}
            if states == {"passed", "failed"}:
                status = "flaky"
            elif _WORST[known[0]] > _WORST[status]:
                return
        self.results[place] = (status, seconds)


@dataclass(kw_only=True)
class Trend:
    """Runs, the newest first, and the tests in them."""

    runs: list[RecordedRun] = field(default_factory=list)
    tests: dict[SeriesKey, ResultSeries] = field(default_factory=dict)
    skipped: int = 0
    """How many records are of sessions that had nothing to do."""
    proven: int = 0
    """How many are of sessions that did not run, because a run of before had proven them."""

    def of(self, title: str) -> list[int]:
        """The places of the runs of one title, the newest first."""
        return [place for place, run in enumerate(self.runs) if run.title == title]

    @property
    def titles(self) -> list[str]:
        """The sessions with their arguments, the newest first."""
        return list(dict.fromkeys(run.title for run in self.runs))

    def results(self, place: int) -> dict[SeriesKey, tuple[CaseStatus, float]]:
        """All tests of one run."""
        return {
            key: series.results[place]
            for key, series in self.tests.items()
            if place in series.results
        }

    def passed_times(self, series: ResultSeries) -> list[float]:
        """The times of a test where it passed at once, the oldest first."""
        return [
            seconds
            for place, (status, seconds) in sorted(series.results.items(), reverse=True)
            if status == "passed" and self.runs[place].attempt == 1
        ]


def read_trend(
    history: History, *, last: int, sessions: Iterable[str] = (), branch: str | None = None
) -> Trend:
    """Read the newest ``last`` runs of each session; with ``branch`` only those on it."""
    trend = Trend()
    places: dict[tuple[str, str, str, str], int] = {}
    known: dict[str, set[str]] = {}
    titles: dict[str, dict[tuple[str, str], int]] = {}

    def enough(session: str) -> bool:
        counts = titles.get(session, {}).values()
        return bool(counts) and (min(counts) >= last or len(known.get(session, ())) >= 2 * last)

    for record in history.records(sessions, enough=enough):
        if branch and record.branch != branch:
            continue
        if record.status == "skipped":
            trend.skipped += 1
            continue
        if record.status == PROVEN:
            trend.proven += 1
            continue
        kind = (record.title, record.system)
        key = (record.run, record.session, *kind)
        count = titles.setdefault(record.session, {})
        if key not in places:
            if count.get(kind, 0) >= last:
                continue
            count[kind] = count.get(kind, 0) + 1
            known.setdefault(record.session, set()).add(record.run)
            places[key] = len(trend.runs)
            trend.runs.append(_begin(record))
        _add(trend, places[key], record)
    for run in trend.runs:
        run.title += _shards(run.partitions)
    _name_systems(trend)
    return trend


def _shards(partitions: set[str | None]) -> str:
    """The flags of the shards that a run is of, as an ending; empty if they are all of it."""
    named = {each for each in partitions if each is not None}
    counts = {each.rpartition("/")[2] for each in named}
    if named != partitions or counts == {str(len(named))}:
        return ""
    return " " + " ".join(f"--partition {each}" for each in sorted(named))


def _name_systems(trend: Trend) -> None:
    """Name the system of runs and tests if there are several, and leave it out if not."""
    several = len({run.system for run in trend.runs if run.system}) > 1
    if several:
        for run in trend.runs:
            run.title = f"{run.title} on {run.system}" if run.system else run.title

    def variant(parts: str) -> str:
        toolchain, _, system = parts.partition("\0")
        return f"{toolchain} {system}".strip() if several else toolchain

    names = {parts: variant(parts) for parts in {key[0] for key in trend.tests}}
    trend.tests = {(names[key[0]], *key[1:]): series for key, series in trend.tests.items()}


def _begin(record: Record) -> RecordedRun:
    return RecordedRun(
        run=record.run,
        session=record.session,
        title=record.title,
        system=record.system,
        started=record.started,
        commit=record.commit,
        dirty=record.dirty,
        branch=record.branch,
        attempt=record.attempt,
        passed=True,
        narrowed="--affected" in record.arguments,
    )


def _add(trend: Trend, place: int, record: Record) -> None:
    run = trend.runs[place]
    run.started = min(run.started, record.started)
    run.passed = run.passed and record.status == "passed"
    run.dirty = run.dirty or record.dirty
    run.partitions.add(record.partition)
    begin = record.started.timestamp()
    run.spans.append((begin, begin + record.seconds))
    run.tests += len(record.tests)
    if record.sccache is not None:
        hits, misses = record.sccache.get("hits"), record.sccache.get("misses")
        if isinstance(hits, int) and isinstance(misses, int):
            run.hits, run.misses = (run.hits or 0) + hits, (run.misses or 0) + misses
    for (suite, classname, name), (status, seconds) in record.tests.items():
        key = (f"{record.toolchain or ''}\0{record.system}", suite, classname, name)
        series = trend.tests.setdefault(key, ResultSeries())
        series.add(place, status, seconds)
        if (suite, classname, name) in record.flaky:
            series.flaky.add(place)
        if (suite, classname, name) in record.quarantined:
            series.quarantined.add(place)
