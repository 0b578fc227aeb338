"""Charts as inline SVG, bars that grow with the page; words stand beside them as plain HTML."""

from __future__ import annotations

import math
from bisect import bisect_left
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from tasker_ci.text.durations import duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tasker_ci.reports.run import Case, CaseStatus
    from tasker_ci.reports.timeline import Bar, Timeline

MAXIMUM_LANES = 48
_LANE = 14
_WIDTH = 1000
_TOLD_WIDTH = 3.0
"""A bar from this width on has its name; narrower ones are drawn together."""

_STATUSES: tuple[CaseStatus, ...] = ("failed", "quarantined", "flaky", "passed", "skipped")
_BOUNDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)


def number(value: int) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{value:,}".replace(",", "\u202f")


def status_bar(counts: Mapping[CaseStatus, int], flaky: int) -> str:
    """One bar of all tests, parted by how they ended; ``flaky`` are all that passed and failed."""
    total = sum(counts.values()) or 1
    parts, reached = [], 0.0
    for status in _STATUSES:
        share = counts[status] / total * 100
        if share:
            parts.append(_rect(reached, share, status))
        reached += share
    said = {**counts, "flaky": flaky}
    told = ", ".join(
        f"{number(said[each])} {each}" for each in _STATUSES if said[each] or each != "quarantined"
    )
    return _svg("status-bar", "".join(parts), told)


def amount_bar(share: float, status: str) -> str:
    """A bar for one row of a list; ``share`` is of the longest, 0 to 1."""
    return _svg("amount", _rect(0.0, max(0.4, share * 100), status), "")


def histogram(cases: Iterable[Case]) -> list[tuple[str, int]]:
    """How many tests took how long; bounds grow by the factor 3."""
    times = sorted(case.seconds for case in cases if case.status != "skipped")
    places = [0, *(bisect_left(times, bound) for bound in _BOUNDS), len(times)]
    counts = [end - begin for begin, end in pairwise(places)]
    filled = [place for place, count in enumerate(counts) if count]
    if not filled:
        return []
    labels = [f"< {duration(_BOUNDS[0])}"]
    labels += [f"{duration(low)} to {duration(high)}" for low, high in pairwise(_BOUNDS)]
    labels += [f"≥ {duration(_BOUNDS[-1])}"]
    return list(zip(labels, counts, strict=True))[filled[0] : filled[-1] + 1]


def lanes(line: Timeline) -> str:
    """The timeline, one row for each lane."""
    count = min(line.lanes, MAXIMUM_LANES)
    height = count * _LANE
    shapes: list[str] = [
        f'<rect class="lane" x="0" y="{row * _LANE}" width="{_WIDTH}" height="{_LANE - 2}"/>'
        for row in range(count)
    ]
    rows: dict[tuple[int, CaseStatus], list[Bar]] = {}
    for bar in line.bars:
        lane, _, _, status, _ = bar
        row = lane, status
        if row in rows:
            rows[row].append(bar)
        elif lane < count:
            rows[row] = [bar]
    # Failures are drawn last, so that nothing lies over them.
    for (lane, status), bars in sorted(rows.items(), key=lambda each: each[0][1] == "failed"):
        shapes += _row(lane, status, bars)
    shapes += [
        f'<rect class="cut" x="{cut * _WIDTH - 1:.1f}" y="0" width="2" height="{height}"/>'
        for cut in line.cuts
    ]
    label = f"{number(len(line.bars))} executions in {line.lanes} lanes, {duration(line.seconds)}"
    return (
        f'<svg class="timeline" viewBox="0 0 {_WIDTH} {height}" height="{height}" '
        f'preserveAspectRatio="none" role="img" aria-label="{escape(label)}">'
        f"{''.join(shapes)}</svg>"
    )


def _row(lane: int, status: str, bars: Sequence[Bar]) -> Iterable[str]:
    """The bars of one lane: wide ones with a name each, all others in one path."""
    top, height = lane * _LANE, _LANE - 2
    narrow: list[tuple[float, float]] = []
    for _, begin, end, _, case in bars:
        begin, end = begin * _WIDTH, end * _WIDTH  # noqa: PLW2901
        if end - begin >= _TOLD_WIDTH:
            told = f"{case.group} {case.title}: {duration(case.seconds)}, {status}"
            yield (
                f'<rect class="{status}" x="{begin:.2f}" y="{top}" width="{end - begin - 0.4:.2f}" '
                f'height="{height}"><title>{escape(told)}</title></rect>'
            )
        elif narrow and begin <= narrow[-1][1] + 0.3:
            narrow[-1] = (narrow[-1][0], max(narrow[-1][1], end, begin + 0.4))
        else:
            narrow.append((begin, max(end, begin + 0.4)))
    if narrow:
        path = "".join(
            f"M{begin:.1f} {top}h{end - begin:.1f}v{height}h-{end - begin:.1f}z"
            for begin, end in narrow
        )
        yield f'<path class="{status}" d="{path}"/>'


_LEAST_SECONDS = 1e-9
_NEAR_BEGIN, _NEAR_END = 0.02, 0.95
"""Places of an axis where a centred text would run over its edge."""


def axis(seconds: float) -> str:
    """Round times below a timeline."""
    marks = "".join(
        f'<text x="{place * 100:.2f}%" y="14" text-anchor="{_anchor(place)}">{label}</text>'
        for place, label in ticks(seconds)
    )
    return f'<svg class="axis" aria-hidden="true">{marks}</svg>'


def _anchor(place: float) -> str:
    if place < _NEAR_BEGIN:
        return "start"
    return "end" if place > _NEAR_END else "middle"


def ticks(seconds: float, most: int = 5) -> list[tuple[float, str]]:
    """Round times on an axis with their places from 0 to 1."""
    if seconds < _LEAST_SECONDS:
        return []
    raw = seconds / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= raw * 0.999)
    steps = int(seconds / step + 1e-9)
    return [(place * step / seconds, duration(place * step)) for place in range(steps + 1)]


def _rect(begin: float, share: float, status: str) -> str:
    return f'<rect class="{status}" x="{begin:.3f}%" width="{share:.3f}%" height="100%"/>'


def _svg(name: str, content: str, label: str) -> str:
    told = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return f'<svg class="{name}" {told}>{content}</svg>'
