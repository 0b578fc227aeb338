"""The figures for people (tables), for a step's page (Markdown) and for programs (JSON)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.generate.text.markdown import code
from tasker_ci.generate.text.markdown import table as markdown_table
from tasker_ci.insights.figures import (
    Cost,
    Durations,
    Rates,
    Timing,
    Waiting,
    cost,
    durations,
    rates,
    slowest_jobs,
    slowest_steps,
    waiting,
)
from tasker_ci.insights.metrics import Metric, key_metrics
from tasker_ci.reporter import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasker_ci.insights.critical_path import UsualPath
    from tasker_ci.insights.model import History
    from tasker_ci.insights.spread import Share, Spread
    from tasker_ci.reporter import Reporter
    from tasker_ci.settings.measurements import InsightsSettings

NO_DATA = "no data"
_SLOWEST = 10


@dataclass(frozen=True, kw_only=True)
class Insights:
    """Everything that is said about one workflow."""

    subject: str
    """Which workflow of which repository, for a heading."""
    rates: Rates
    durations: Durations
    waiting: Waiting
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
        history: History,
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
        for each in tables:
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
            title=f"Critical path of {path.n} of {path.of} green runs (median, 9 of 10)",
            columns=("job", "waited before", "ran"),
            rows=tuple(
                (each.job, _both(each.waited), _both(each.seconds)) for each in path.stretches
            ),
        )
    for title, timings in (("Slowest jobs", insights.jobs), ("Slowest steps", insights.steps)):
        if timings:
            yield Table(
                title=title,
                columns=("job", "step", "median when green", "9 of 10", "n", "failed"),
                rows=tuple(map(_timing_row, timings)),
            )


def remarks_of(insights: Insights) -> Iterator[str]:
    """What a reader has to know of the figures, a sentence each."""
    yield from insights.remarks
    for reason, count in insights.durations.left_out.items():
        yield f"Green runs without a duration: {count}, because {reason}."
    if insights.rates.unknown:
        yield f"Runs whose first attempt is not known: {insights.rates.unknown}."
    if insights.waiting.left_out:
        yield f"Jobs whose waiting is not known: {insights.waiting.left_out}."
    if insights.cost.left_out:
        yield f"Runs whose cost is not known in full: {insights.cost.left_out}."
    if not isinstance(insights.path, str):
        for reason, count in insights.path.left_out.items():
            yield f"Green runs without a critical path: {count}, because {reason}."


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
        return duration_text(value)
    return _percent(value) if metric.unit == "share" else f"{value:.1f} times"


def _rate_rows(found: Rates) -> Iterator[tuple[str, ...]]:
    rows = (
        ("success rate", found.success, "first attempts that succeeded or failed"),
        ("failure rate", found.failure, "the same"),
        ("success after re-runs", found.after_reruns, f"newest attempts; re-run: {found.rerun}"),
    )
    for name, share, what in rows:
        text = NO_DATA
        if share is not None:
            interval = f"95 % interval {_percent(share.low)} to {_percent(share.high)}"
            text = f"{_percent(share.value)} ({interval})"
        yield name, text, str(share.n if share else 0), what
    known = sum(found.conclusions.values())
    texts = [f"{name}: {count}" for name, count in found.conclusions.items()]
    yield "conclusions", ", ".join(texts) or NO_DATA, str(known), "first attempts"
    if found.unfinished:
        yield "not over", str(found.unfinished), "", "they count nowhere"


def _time_rows(insights: Insights) -> Iterator[tuple[str, ...]]:
    spread, trend = insights.durations.spread, insights.durations.trend
    what = "first attempts that were green, from the start of the first job to the end of the last"
    yield "duration", _both(spread), str(spread.n if spread else 0), what
    text = NO_DATA
    if trend is not None:
        change = f"{duration_text(abs(trend.change))} {'more' if trend.change > 0 else 'less'}"
        text = f"{trend.verdict}: {change}, noise {duration_text(trend.noise)}"
    many = str(trend.n if trend else spread.n if spread else 0)
    yield (
        "duration trend",
        text,
        many,
        "median of the newer half against the older; 8 runs at least",
    )
    queued = insights.waiting.spread
    yield "queue time", _both(queued), str(queued.n if queued else 0), "jobs of first attempts"


def _cost_rows(found: Cost) -> Iterator[tuple[str, ...]]:
    if not found.n:
        yield "cost", NO_DATA, "0", "runs of which every job of every attempt is known"
        return
    labels = ", ".join(f"{name}: {minutes:.1f}" for name, minutes in found.by_labels.items())
    yield (
        "cost",
        f"{found.minutes:.1f} runner minutes ({found.billed} with each job rounded up)",
        str(found.n),
        f"all attempts; by runner: {labels or 'none'}",
    )
    if found.per_run is not None:
        each = f"median {found.per_run.median:.1f} min, 9 of 10 up to {found.per_run.p90:.1f} min"
        yield "cost of a run", each, str(found.per_run.n), "all attempts of a run together"


def _timing_row(timing: Timing) -> tuple[str, ...]:
    return (
        timing.job,
        timing.step,
        duration_text(timing.seconds.median),
        duration_text(timing.seconds.p90),
        str(timing.seconds.n),
        str(timing.failed),
    )


def _both(spread: Spread | None) -> str:
    if spread is None:
        return NO_DATA
    return f"median {duration_text(spread.median)}, 9 of 10 up to {duration_text(spread.p90)}"


def duration_text(seconds: float) -> str:
    """A duration for people: `9 min 41 s`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _share_data(share: Share | None) -> dict[str, Any] | None:
    return None if share is None else {**asdict(share), "value": share.value}


def _spread_data(spread: Spread | None) -> dict[str, Any] | None:
    return None if spread is None else asdict(spread)


def _markdown(table: Table) -> str:
    """A table whose every cell is a code span: names of jobs could hold links and images."""
    # A bar would be a border even within code, and `\\|` one that cannot be escaped.
    rows = [[code(cell.replace("|", "\N{BROKEN BAR}")) for cell in row] for row in table.rows]
    return f"### {table.title}\n\n{markdown_table(table.columns, rows)}"
