"""The charts of a page as sections."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from tasker_ci.reports import charts
from tasker_ci.reports.charts import number
from tasker_ci.reports.executions import by_status
from tasker_ci.reports.page_parts import ORDER, name_of, section, shown
from tasker_ci.reports.timeline import timeline
from tasker_ci.text.durations import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasker_ci.reports.page_parts import Content
    from tasker_ci.reports.run import Case

SLOWEST = 20
MAXIMUM_SUITES = 30


def slowest(content: Content) -> Iterator[str]:
    """The slowest tests as bars."""
    found = content.merged.run.slowest(SLOWEST)
    if not found:
        return
    yield section("slowest", "Slowest tests")
    yield '<ol class="rows bars">'
    for case in found:
        yield (
            f'<li><span class="what"><span class="group">{shown(case.group)}</span> '
            f"<b>{name_of(case)}</b></span>"
            f"{charts.amount_bar(case.seconds / found[0].seconds, case.status)}"
            f'<span class="value">{duration(case.seconds)}</span></li>'
        )
    yield "</ol></section>\n"


def durations(content: Content) -> Iterator[str]:
    """How many tests took how long."""
    rows = charts.histogram(content.merged.run.cases)
    if not rows:
        return
    most = max(count for _, count in rows)
    yield section("durations", "Durations", "How many tests took how long.")
    yield '<ul class="histogram">'
    for label, count in rows:
        yield (
            f"<li><span>{escape(label)}</span>{charts.amount_bar(count / most, 'neutral')}"
            f'<span class="value">{number(count)}</span></li>'
            if count
            else f'<li><span>{escape(label)}</span><span></span><span class="value">0</span></li>'
        )
    yield "</ul></section>\n"


def when(content: Content) -> Iterator[str]:
    """When each test ran."""
    line = timeline(content.merged.run.cases)
    if not line.bars or line.seconds <= 0:
        yield section("timeline", "Timeline", "No data: the reports do not say when a test began.")
        yield "</section>\n"
        return
    notes = ["One row for each test that ran at the same time."]
    if line.cuts:
        notes.append("Pauses are cut out.")
    if line.unknown:
        notes.append(f"Executions without a start in their report: {number(line.unknown)}.")
    if line.lanes > charts.MAXIMUM_LANES:
        notes.append(f"The first {charts.MAXIMUM_LANES} of {line.lanes} rows.")
    yield section("timeline", "Timeline", " ".join(notes))
    yield charts.lanes(line)
    if not line.cuts:
        yield charts.axis(line.seconds)
    yield "</section>\n"


def suites(content: Content) -> Iterator[str]:
    """Every suite with how its tests ended."""
    groups = content.merged.run.by_group
    if len(groups) < 2:  # noqa: PLR2004 - one suite is the whole, which stands above
        return
    ordered = sorted(groups.items(), key=_weight)
    note = ""
    if len(ordered) > MAXIMUM_SUITES:
        note = f"The {MAXIMUM_SUITES} with most failures and time, of {number(len(ordered))}."
    yield section("suites", f"Suites ({number(len(ordered))})", note)
    yield '<ul class="rows suites">'
    for name, cases in ordered[:MAXIMUM_SUITES]:
        counts = by_status(cases)
        flaky = sum(case.unstable for case in cases)
        said = {**counts, "flaky": flaky}
        told = ", ".join(f"{number(said[each])} {each}" for each in ORDER if said[each])
        seconds = sum(case.seconds for case in cases if case.status != "skipped")
        title = shown(name) or "(no name)"
        yield (
            f'<li><span class="what"><b>{title}</b></span>'
            f"{charts.status_bar(counts, flaky)}"
            f'<span class="value">{told} · {duration(seconds)}</span></li>'
        )
    yield "</ul></section>\n"


def _weight(group: tuple[str, Sequence[Case]]) -> tuple[int, float, str]:
    name, cases = group
    failed = sum(case.status in {"failed", "quarantined"} for case in cases)
    return -failed, -sum(case.seconds for case in cases), name
