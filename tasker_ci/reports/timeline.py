"""When each test ran, as lanes side by side: what a page draws."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tasker_ci.reports.run import Case, CaseStatus

_PAUSE_SHARE = 0.05
"""A pause longer than this part of all the rest is cut out."""

_CUT_SHARE = 0.02
"""How wide a cut is drawn."""

_LEAST_SECONDS = 1e-9


class Bar(NamedTuple):
    """One execution of a test: its lane, and where it lies on an axis from 0 to 1."""

    lane: int
    begin: float
    end: float
    status: CaseStatus
    case: Case


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
    known: list[tuple[float, float, str, str, int, tuple[CaseStatus, Case]]] = []
    unknown = 0
    for case in cases:
        if case.status == "skipped":
            continue
        executions = [(case.started, case.seconds, case.last_result)]
        if case.others:
            executions += [(each.started, each.seconds, each.status) for each in case.others]
        for started, seconds, status in executions:
            if started is None:
                unknown += 1
            else:
                end = started + seconds
                known.append((started, end, case.group, case.name, len(known), (status, case)))
    known.sort()  # by times, names and their order; no two have the same place in it
    spans = [each[:2] for each in known]
    ran = [each[-1] for each in known]
    axis = _Axis(spans)
    lanes = _lanes(spans)
    return Timeline(
        bars=tuple(
            Bar(lane, begin, end, status, case)
            for lane, (begin, end), (status, case) in zip(
                lanes, axis.places(spans), ran, strict=True
            )
        ),
        lanes=max(lanes, default=-1) + 1,
        seconds=axis.covered,
        cuts=axis.cuts,
        unknown=unknown,
    )


def _lanes(spans: Sequence[tuple[float, float]]) -> list[int]:
    """The lane of each span; spans come in the order of their begin."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    count = 0
    result = []
    for begin, end in spans:
        while busy and busy[0][0] <= begin:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if free:
            lane = heapq.heappop(free)
        else:
            lane, count = count, count + 1
        heapq.heappush(busy, (end, lane))
        result.append(lane)
    return result


class _Axis:
    """From seconds since 1970 to a place between 0 and 1, long pauses cut out."""

    def __init__(self, spans: Sequence[tuple[float, float]]) -> None:
        parts: list[list[float]] = []
        for begin, end in spans:
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

    def places(self, spans: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
        """Where each span begins and ends; they come in the order of their begin."""
        following = zip(self._parts, self._offsets, strict=True)
        scale, reached, origin, offset = self._scale, float("-inf"), 0.0, 0.0
        for begin, end in spans:
            if begin > reached:  # no part holds it any more
                (origin, reached), offset = next(following)
            start, stop = offset + (begin - origin) * scale, offset + (end - origin) * scale
            yield (start if start < 1 else 1.0), (stop if stop < 1 else 1.0)
