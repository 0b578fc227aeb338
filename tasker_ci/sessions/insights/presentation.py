"""The figures for people (tables), for a step's page (Markdown) and for programs (JSON)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.screen.reporter import Table
from tasker_ci.sessions.insights.figures import (
    Cost,
    Durations,
    QueueTimes,
    Rates,
    Timing,
    cost,
    durations,
    rates,
    slowest_jobs,
    slowest_steps,
    waiting,
)
from tasker_ci.sessions.insights.metrics import Metric, key_metrics
from tasker_ci.sessions.insights.texts import NO_DATA, both, median_and_p90, percent
from tasker_ci.text.durations import duration
from tasker_ci.text.markdown import escaped, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasker_ci.screen.reporter import Reporter
    from tasker_ci.sessions.insights.critical_path import UsualPath
    from tasker_ci.sessions.insights.model import WorkflowHistory
    from tasker_ci.sessions.insights.settings import InsightsSettings
    from tasker_ci.sessions.insights.spread import Share, Spread

_SLOWEST = 10


@dataclass(frozen=True, kw_only=True)
class Insights:
    """Everything that is said about one workflow."""

    subject: str
    """Which workflow of which repository, for a heading."""
    rates: Rates
    durations: Durations
    waiting: QueueTimes
    cost: Cost
    jobs: tuple[Timing, ...]
    steps: tuple[Timing, ...]
    path: UsualPath | str
    """Why there is none, as a text."""
    metrics: tuple[Metric, ...]
    remarks: tuple[str, ...]

    @classmethod
    def of(
        cls,
        history: WorkflowHistory,
        *,
        subject: str,
        path: UsualPath | str,
        targets: InsightsSettings,
        remarks: Sequence[str],
    ) -> Insights:
        """All figures of a history."""
        runs = history.runs
        return cls(
            subject=subject,
            rates=rates(runs),
            durations=durations(runs),
            waiting=waiting(runs),
            cost=cost(runs),
            jobs=slowest_jobs(runs, _SLOWEST),
            steps=slowest_steps(runs, _SLOWEST),
            path=path,
            metrics=key_metrics(history, targets),
            remarks=tuple(remarks),
        )

    def data(self) -> dict[str, Any]:
        """For `--json`: seconds and shares as numbers, null where there is no data."""
        trend = self.durations.trend
        return {
            "version": 1,
            "subject": self.subject,
            "key_metrics": [{**asdict(each), "verdict": each.verdict} for each in self.metrics],
            "runs": {
                **asdict(self.rates),
                "success": _share_data(self.rates.success),
                "failure": _share_data(self.rates.failure),
                "after_reruns": _share_data(self.rates.after_reruns),
            },
            "duration": {
                "seconds": _spread_data(self.durations.spread),
                "trend": {**asdict(trend), "change": trend.change, "verdict": trend.verdict}
                if trend
                else None,
                "left_out": dict(self.durations.left_out),
            },
            "queue": {
                "seconds": _spread_data(self.waiting.spread),
                "jobs_left_out": self.waiting.left_out,
            },
            "cost": asdict(self.cost),
            "critical_path": {"no_data": self.path}
            if isinstance(self.path, str)
            else asdict(self.path),
            "slowest_jobs": [asdict(each) for each in self.jobs],
            "slowest_steps": [asdict(each) for each in self.steps],
            "remarks": list(self.remarks),
        }


def show(insights: Insights, reporter: Reporter) -> None:
    """Print all tables and the remarks, and write the page of the step."""
    tables = tuple(tables_of(insights))
    with reporter.foreign_output():  # names of jobs are anybody's text
        reporter.line(insights.subject, "bold")
        metrics, *others = tables
        reporter.table(_without_last_column(metrics))
        for metric in insights.metrics:
            reporter.line(f"  {metric.name}: {metric.detail}", "dim")
        reporter.line()
        for each in others:
            reporter.table(each)
        if isinstance(insights.path, str):
            reporter.line(f"Critical path: {NO_DATA}: {insights.path}")
        for remark in remarks_of(insights):
            reporter.line(f"note: {remark}", "yellow")
    reporter.summary("\n".join(map(_markdown, tables)))


def tables_of(insights: Insights) -> Iterator[Table]:
    """The figures as tables, each with the number of values behind it."""
    yield Table(
        title="Key metrics",
        columns=("metric", "value", "target", "verdict", "n", "measured"),
        rows=tuple(map(_metric_row, insights.metrics)),
    )
    yield Table(
        title="Runs",
        columns=("figure", "value", "n", "what counts"),
        rows=(*_rate_rows(insights.rates), *_time_rows(insights), *_cost_rows(insights.cost)),
    )
    path = insights.path
    if not isinstance(path, str) and path.stretches:
        yield Table(
            title=f"Critical path of {path.n} of {path.of} green runs",
            columns=("job", "waited before", "ran"),
            rows=tuple(
                (each.job, both(each.waited), both(each.seconds)) for each in path.stretches
            ),
        )
    figures = ("median when green", "p90", "n", "failed")
    if insights.jobs:
        rows = tuple((each.job, *_timing_cells(each)) for each in insights.jobs)
        yield Table(title="Slowest jobs", columns=("job", *figures), rows=rows)
    if insights.steps:
        rows = tuple((each.job, each.step, *_timing_cells(each)) for each in insights.steps)
        yield Table(title="Slowest steps", columns=("job", "step", *figures), rows=rows)


def _without_last_column(table: Table) -> Table:
    """What takes whole sentences has no room in a table on a narrow screen."""
    rows = tuple(row[:-1] for row in table.rows)
    return Table(title=table.title, columns=table.columns[:-1], rows=rows)


def remarks_of(insights: Insights) -> Iterator[str]:
    """What a reader has to know of the figures, a sentence each."""
    yield from insights.remarks
    for reason, count in insights.durations.left_out.items():
        yield f"Green runs without a duration: {count}, each because {reason}."
    if insights.rates.unknown:
        yield (
            f"Runs whose first attempt is not known: {insights.rates.unknown}. They count in "
            "`success after re-runs` alone."
        )
    if insights.waiting.left_out:
        yield f"Jobs whose waiting is not known: {insights.waiting.left_out}."
    if insights.cost.left_out:
        yield f"Runs whose cost is not known in full: {insights.cost.left_out}."
    if not isinstance(insights.path, str):
        for reason, count in insights.path.left_out.items():
            yield f"Green runs without a critical path: {count}, each because {reason}."


def _metric_row(metric: Metric) -> tuple[str, ...]:
    comparison = "<" if metric.at_most else ">"
    return (
        metric.name,
        NO_DATA if metric.value is None else _value(metric, metric.value),
        f"{comparison} {_value(metric, metric.target)}",
        metric.verdict,
        str(metric.n),
        metric.detail,
    )


def _value(metric: Metric, value: float) -> str:
    if metric.unit == "seconds":
        return duration(value)
    return percent(value) if metric.unit == "share" else f"{value:.1f} times"


def _rate_rows(found: Rates) -> Iterator[tuple[str, ...]]:
    rows = (
        ("success rate", found.success, "first attempts that succeeded or failed"),
        ("failure rate", found.failure, "the same (failure, timed_out, startup_failure)"),
        ("success after re-runs", found.after_reruns, f"newest attempts; re-run: {found.rerun}"),
    )
    for name, share, what in rows:
        text = NO_DATA
        if share is not None:
            interval = f"95 % interval {percent(share.low)} to {percent(share.high)}"
            text = f"{percent(share.value)} ({interval})"
        yield name, text, str(share.n if share else 0), what
    known = sum(found.conclusions.values())
    texts = [f"{name}: {count}" for name, count in found.conclusions.items()]
    yield "conclusions", ", ".join(texts) or NO_DATA, str(known), "first attempts"
    if found.unfinished:
        yield "not over", str(found.unfinished), "", "they count nowhere"


def _time_rows(insights: Insights) -> Iterator[tuple[str, ...]]:
    spread, trend = insights.durations.spread, insights.durations.trend
    what = "first attempts that were green, from the start of the first job to the end of the last"
    yield "duration", both(spread), str(spread.n if spread else 0), what
    text = NO_DATA
    if trend is not None:
        change = f"{duration(abs(trend.change))} {'more' if trend.change > 0 else 'less'}"
        text = f"{trend.verdict}: {change}, noise {duration(trend.noise)}"
    many = str(trend.n if trend else spread.n if spread else 0)
    yield (
        "duration trend",
        text,
        many,
        "median of the newer half against the older; 8 runs at least",
    )
    queued = insights.waiting.spread
    yield "queue time", both(queued), str(queued.n if queued else 0), "jobs of first attempts"


def _cost_rows(found: Cost) -> Iterator[tuple[str, ...]]:
    if not found.n:
        yield "cost", NO_DATA, "0", "runs of which every job of every attempt is known"
        return
    labels = ", ".join(f"{name}: {minutes:.1f}" for name, minutes in found.by_labels.items())
    yield (
        "cost",
        f"{found.minutes:.1f} runner minutes ({found.billed} with each job rounded up)",
        str(found.n),
        f"all attempts, before GitHub's rates for macOS and Windows; by runner: {labels or 'none'}",
    )
    if found.per_run is not None:
        each = median_and_p90(found.per_run, lambda minutes: f"{minutes:.1f} min")
        yield "cost of a run", each, str(found.per_run.n), "all attempts of a run together"


def _timing_cells(timing: Timing) -> tuple[str, ...]:
    return (
        duration(timing.seconds.median),
        NO_DATA if timing.seconds.p90 is None else duration(timing.seconds.p90),
        str(timing.seconds.n),
        str(timing.failed),
    )


def _share_data(share: Share | None) -> dict[str, Any] | None:
    return None if share is None else {**asdict(share), "value": share.value}


def _spread_data(spread: Spread | None) -> dict[str, Any] | None:
    return None if spread is None else asdict(spread)


def _markdown(found: Table) -> str:
    return table(found.columns, (map(escaped, row) for row in found.rows), title=found.title)
