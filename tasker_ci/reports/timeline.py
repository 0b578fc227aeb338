"""When each test ran, as lanes side by side: what a page draws."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tasker_ci.reports.run import Case, CaseStatus

_PAUSE_SHARE = 0.05
"""A pause longer than this part of all the rest is cut out."""

_CUT_SHARE = 0.02
"""How wide a cut is drawn."""

_LEAST_SECONDS = 1e-9

_Span = tuple[float, float, int]
"""Begin, end and number of an execution."""


Bar = tuple[int, float, float, "CaseStatus", "Case"]
"""One execution of a test: its lane, where it begins and ends on an axis from 0 to 1, how it ended.

A plain tuple: a report has hundreds of thousands.
"""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """All executions whose time is known."""

    bars: tuple[Bar, ...]
    lanes: int
    seconds: float
    """What the axis covers, without the pauses that were cut out."""
    cuts: tuple[float, ...]
    """Where on the axis a pause was cut out."""
    unknown: int
    """How many executions have no start in their report."""


def timeline(cases: Iterable[Case]) -> Timeline:
    """Lay out all executions: each in the lowest lane that is free."""
    spans: list[_Span] = []
    ran: list[tuple[CaseStatus, Case]] = []
    unknown = 0
    for started, seconds, status, case in _executions(cases):
        if started is None:
            unknown += 1
        else:
            spans.append((started, started + seconds, len(ran)))
            ran.append((status, case))
    spans.sort()
    _order_by_name(spans, ran)
    axis = _Axis(spans)
    lanes = _lanes(spans)
    return Timeline(
        bars=tuple(
            (lane, begin, end, *ran[span[2]])
            for lane, (begin, end), span in zip(lanes, axis.places(spans), spans, strict=True)
        ),
        lanes=max(lanes, default=-1) + 1,
        seconds=axis.covered,
        cuts=axis.cuts,
        unknown=unknown,
    )


def _executions(
    cases: Iterable[Case],
) -> Iterator[tuple[float | None, float, CaseStatus, Case]]:
    """The begin, seconds, end and case of all that ran."""
    for case in cases:
        if case.status != "skipped":
            yield case.started, case.seconds, case.last_result, case
            for each in case.others:
                yield each.started, each.seconds, each.status, case


def _order_by_name(spans: list[_Span], ran: Sequence[tuple[CaseStatus, Case]]) -> None:
    """Put those of the same times in the order of their names, which few need."""

    def name(span: _Span) -> tuple[str, str, int]:
        _, case = ran[span[2]]
        return case.group, case.name, span[2]

    alike = [
        place
        for place, (one, two) in enumerate(pairwise(spans))
        if one[0] == two[0] and one[1] == two[1]
    ]
    reached = 0
    for begin in alike:
        if begin < reached:
            continue
        reached = begin + 2
        while reached < len(spans) and spans[reached][:2] == spans[begin][:2]:
            reached += 1
        spans[begin:reached] = sorted(spans[begin:reached], key=name)


def _lanes(spans: Sequence[_Span]) -> list[int]:
    """The lane of each span; spans come in the order of their begin."""
    push, pop = heapq.heappush, heapq.heappop
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    count = 0
    result = []
    for begin, end, _ in spans:
        while busy and busy[0][0] <= begin:
            push(free, pop(busy)[1])
        if free:
            lane = pop(free)
        else:
            lane, count = count, count + 1
        push(busy, (end, lane))
        result.append(lane)
    return result


class _Axis:
    """From seconds since 1970 to a place between 0 and 1, long pauses cut out."""

    def __init__(self, spans: Sequence[_Span]) -> None:
        parts: list[list[float]] = []
        for begin, end, _ in spans:
            if not parts or begin > parts[-1][1]:
                parts.append([begin, end])
            elif end > parts[-1][1]:
                parts[-1][1] = end
        covered = sum(end - begin for begin, end in parts)
        joined: list[list[float]] = []
        for begin, end in parts:
            if joined and begin - joined[-1][1] <= covered * _PAUSE_SHARE:
                joined[-1][1] = end
            else:
                joined.append([begin, end])
        self._parts = joined
        self.covered = sum(end - begin for begin, end in joined)
        share = min(_CUT_SHARE, 0.5 / max(1, len(joined)))
        self._scale = (1 - share * max(0, len(joined) - 1)) / max(self.covered, _LEAST_SECONDS)
        self._offsets: list[float] = []
        reached = 0.0
        for begin, end in joined:
            self._offsets.append(reached)
            reached += (end - begin) * self._scale + share
        self.cuts = tuple(offset - share / 2 for offset in self._offsets[1:])

    def places(self, spans: Iterable[_Span]) -> Iterator[tuple[float, float]]:
        """Where each span begins and ends; they come in the order of their begin."""
        following = zip(self._parts, self._offsets, strict=True)
        scale, reached, origin, offset = self._scale, float("-inf"), 0.0, 0.0
        for begin, end, _ in spans:
            if begin > reached:  # no part holds it any more
                (origin, reached), offset = next(following)
            start, stop = offset + (begin - origin) * scale, offset + (end - origin) * scale
            yield (start if start < 1 else 1.0), (stop if stop < 1 else 1.0)
