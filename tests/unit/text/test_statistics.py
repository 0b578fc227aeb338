"""Medians and regressions, each with the sample that it takes."""

from __future__ import annotations

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasker_ci.text.statistics import deviation, median, p90, regression, threshold, wilson

FLOOR = 0.05


def test_without_values_there_is_no_data() -> None:
    assert median([]) is None
    assert p90([1.0, 2.0, 3.0, 4.0]) is None
    assert wilson(0, 0) is None
    assert regression([], FLOOR) is None


def test_median_and_p90_are_those_of_the_textbook() -> None:
    values = [float(each) for each in range(1, 11)]
    assert median(values) == 5.5
    assert p90(values) == pytest.approx(9.1)  # between the ninth and the tenth
    assert p90([1, 2, 3, 4, 100]) == pytest.approx(61.6)
    assert p90([100, 1, 4, 2, 3]) == pytest.approx(61.6), "in any order"


def test_the_deviation_of_normal_values_is_theirs_and_no_outlier_moves_it() -> None:
    source = random.Random(6)
    values = [source.gauss(10, 2) for _ in range(10_000)]
    assert deviation([*values, 1e9], 10) == pytest.approx(2, rel=0.05)


def test_wilson_is_wide_for_few_and_narrow_for_many() -> None:
    # https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-3)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-3)
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-3)
    assert wilson(500, 1000) == pytest.approx((0.4691, 0.5309), abs=1e-3)


@given(total=st.integers(1, 500), data=st.data())
def test_wilson_holds_the_share_and_stays_between_0_and_1(total: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, total))
    found = wilson(count, total)
    assert found is not None
    low, high = found
    assert 0 <= low <= count / total <= high <= 1


def test_one_slow_run_is_no_regression_and_three_are() -> None:
    quiet = [1.0, 1.01, 0.99, 1.02, 0.98, 1.0]
    assert regression([*quiet, 1.0, 1.0, 9.0], FLOOR) is None
    assert regression([*quiet, 2.0, 2.1, 1.0], FLOOR) is None
    found = regression([*quiet, 2.0, 2.1, 1.9], FLOOR)
    assert found is not None
    assert (found.before, found.after) == (1.0, 2.0)
    assert (found.runs_before, found.runs_after) == (6, 3)
    assert found.limit == pytest.approx(1.1)


def test_too_few_earlier_runs_are_no_ground_to_judge() -> None:
    assert regression([1.0] * 4 + [9.0] * 3, FLOOR) is None
    assert regression([1.0] * 5 + [9.0] * 3, FLOOR) is not None


def test_an_outlier_before_hides_nothing() -> None:
    assert regression([1.0, 1.0, 60.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0], FLOOR) is not None


def test_a_little_is_nothing() -> None:
    assert regression([0.001] * 9 + [0.04] * 3, FLOOR) is None
    assert threshold([10.0] * 9, FLOOR) == pytest.approx(11.0)


def test_noise_alone_is_rarely_taken_for_a_regression() -> None:
    # Ten thousand tests whose times scatter by a fifth, as on a shared machine.
    source = random.Random(6)
    alarms = sum(
        regression([source.lognormvariate(0, 0.2) for _ in range(20)], FLOOR) is not None
        for _ in range(10_000)
    )
    assert alarms <= 5


def test_a_test_that_takes_twice_as_long_is_nearly_always_found() -> None:
    source = random.Random(6)
    found = 0
    for _ in range(1000):
        before = [source.lognormvariate(0, 0.1) for _ in range(17)]
        after = [2 * source.lognormvariate(0, 0.1) for _ in range(3)]
        found += regression([*before, *after], FLOOR) is not None
    assert found >= 990


@given(st.lists(st.floats(0, 1e6), min_size=5, max_size=30))
def test_what_lies_within_the_noise_is_below_its_end(values: list[float]) -> None:
    assert threshold(values, FLOOR) >= statistics.median(values) + FLOOR
