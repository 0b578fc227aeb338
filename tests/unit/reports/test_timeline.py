"""Lanes, axis, ticks and durations of the charts."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasker_ci.reports.charts import (
    MAXIMUM_LANES,
    histogram,
    lanes,
    number,
    status_bar,
    ticks,
)
from tasker_ci.reports.run import Attempt, Case
from tasker_ci.reports.timeline import timeline

NOON = 1_790_000_000.0


def case(begin: float | None, seconds: float, status: str = "passed") -> Case:
    started = None if begin is None else NOON + begin
    return Case(suite="s", name="n", status=status, seconds=seconds, started=started)  # type: ignore[arg-type]


def test_tests_side_by_side_are_in_lanes_of_their_own() -> None:
    found = timeline([case(0, 4), case(0, 2), case(2, 2), case(4, 4)])
    assert [bar[:3] for bar in found.bars] == [
        (0, 0.0, 0.25),
        (1, 0.0, 0.5),
        (0, 0.25, 0.5),
        (0, 0.5, 1.0),
    ]
    assert found.lanes == 2
    assert found.seconds == 8.0
    assert found.cuts == ()


def test_a_long_pause_is_cut_out() -> None:
    found = timeline([case(0, 10), case(100_000, 10)])
    assert found.seconds == 20.0
    assert len(found.cuts) == 1
    (_, _, first_end, *_), (_, begin, end, *_) = found.bars
    assert first_end == pytest.approx(0.49)
    assert (begin, end) == pytest.approx((0.51, 1.0))


def test_retries_are_executions_too_and_unknown_times_are_counted() -> None:
    retried = Case(
        suite="s",
        name="n",
        status="flaky",
        seconds=1,
        started=NOON + 2,
        others=(
            Attempt(status="failed", seconds=1, started=NOON),
            Attempt(status="failed", seconds=1),
        ),
    )
    found = timeline([retried, case(None, 1), case(0, 0, "skipped")])
    assert [status for *_, status, _ in found.bars] == ["failed", "passed"]
    assert found.unknown == 2


def test_without_any_start_there_is_no_timeline() -> None:
    found = timeline([case(None, 1)])
    assert (found.bars, found.lanes, found.seconds) == ((), 0, 0.0)


spans = st.lists(
    st.tuples(st.integers(0, 100_000), st.integers(0, 5000)).map(
        lambda each: case(each[0] / 10, each[1] / 10)
    ),
    max_size=60,
)


@given(spans)
def test_bars_of_a_lane_never_overlap_and_all_lie_on_the_axis(cases: list[Case]) -> None:
    found = timeline(cases)
    assert len(found.bars) == len(cases)
    by_lane: dict[int, list[tuple[float, float]]] = {}
    for lane, begin, end, *_ in found.bars:
        assert -1e-9 <= begin <= end + 1e-9 <= 1 + 2e-9
        by_lane.setdefault(lane, []).append((begin, end))
    for bars in by_lane.values():
        for (_, end), (begin, _) in zip(sorted(bars), sorted(bars)[1:], strict=False):
            assert begin >= end - 1e-9
    assert len(by_lane) == found.lanes


@given(spans)
def test_a_drawing_stays_small_and_has_every_failure(cases: list[Case]) -> None:
    drawing = lanes(timeline([*cases, case(0, 1, "failed")]))
    assert drawing.count("<rect") <= 2 * (len(cases) + 1) + MAXIMUM_LANES
    assert 'class="failed"' in drawing or timeline(cases).lanes >= MAXIMUM_LANES


def test_ten_thousand_tests_are_drawn_with_few_shapes() -> None:
    cases = [case(place * 0.01, 0.009) for place in range(10_000)]
    drawing = lanes(timeline(cases))
    assert len(drawing) < 200_000
    assert "10\u202f000 executions" in drawing


def test_numbers_have_thin_spaces() -> None:
    assert number(1234567) == "1\u202f234\u202f567"


@given(st.floats(0.001, 100_000))
def test_ticks_are_few_and_in_order(seconds: float) -> None:
    found = ticks(seconds)
    places = [place for place, _ in found]
    assert 2 <= len(found) <= 8
    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] <= 1 + 1e-9


def test_no_time_has_no_ticks() -> None:
    assert ticks(0) == []


@given(st.lists(st.builds(case, st.just(0), st.floats(0, 1000)), max_size=50))
def test_the_histogram_counts_every_test_that_ran_once(cases: list[Case]) -> None:
    rows = histogram(cases)
    assert sum(count for _, count in rows) == len(cases)
    if rows:
        assert rows[0][1]
        assert rows[-1][1]


def test_the_bounds_of_the_histogram_hold() -> None:
    rows = histogram([case(0, seconds) for seconds in (0.0009, 0.001, 0.0029, 0.003, 400)])
    assert rows[:3] == [("< 1 ms", 1), ("1 ms to 3 ms", 2), ("3 ms to 10 ms", 1)]
    assert rows[-1] == ("≥ 5 min", 1)
    assert histogram([case(0, 1, "skipped")]) == []


def test_the_bar_is_parted_in_proportion() -> None:
    drawing = status_bar({"passed": 6, "failed": 1, "flaky": 1, "skipped": 2, "quarantined": 0}, 2)
    widths = dict(re.findall(r'class="(\w+)" x="[^"]*" width="([\d.]+)%"', drawing))
    assert widths == {
        "failed": "10.000",
        "flaky": "10.000",
        "passed": "60.000",
        "skipped": "20.000",
    }
    assert Counter(re.findall(r"\d+ \w+", drawing))["1 failed"] == 1
    assert "2 flaky" in drawing, "one of them failed at last"
