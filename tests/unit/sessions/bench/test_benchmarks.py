"""Measurements of benchmarks: how they are read, and when a difference is one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasker_ci.errors import ReportError
from tasker_ci.sessions.bench.benchmarks import (
    MeasuredSeries,
    Measurement,
    compare,
    comparison_table,
    read_result,
    series_of,
    written,
)
from tasker_ci.sessions.bench.output import MeasuringLines, read_measurements

LIBTEST = """\
running 1 test
test parse::large ... bench:       1,234.50 ns/iter (+/- 56.78)
test result: ok. 0 passed; 0 failed; 0 ignored; 1 measured; 0 filtered out
"""
CRITERION = """\
Benchmarking fib 20
fib 20                  time:   [26.029 us 26.251 us 26.505 us]
                        change: [-1.0% +0.2% +1.5%] (p = 0.80 > 0.05)
"""
OWN = 'noise\ntasker-ci-bench {"name": "rate", "value": 12.5, "unit": "1/s", "better": "higher"}\n'


def series(*values: float, better: str = "lower", name: str = "x") -> MeasuredSeries:
    return MeasuredSeries(name=name, unit="ms", better=better, values=values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(LIBTEST, ("parse::large", 1234.5, "ns", "lower"), id="libtest"),
        pytest.param(CRITERION, ("fib 20", 26251.0, "ns", "lower"), id="criterion"),
        pytest.param(OWN, ("rate", 12.5, "1/s", "higher"), id="our own"),
    ],
)
def test_three_forms_are_read(text: str, expected: tuple[str, float, str, str]) -> None:
    (found,) = read_measurements(text)
    assert (found.name, found.value, found.unit, found.better) == expected


@pytest.mark.parametrize(
    "row",
    ["", "{}", '{"name": "x", "value": "fast", "better": "lower"}',
     '{"name": "x", "value": 1, "better": "more"}',
     '{"name": "x", "value": NaN, "better": "lower"}'],
)  # fmt: skip
def test_a_line_of_ours_that_is_none_is_an_error(row: str) -> None:
    with pytest.raises(ReportError):
        list(read_measurements(f"tasker-ci-bench {row}"))


def test_rounds_that_do_not_measure_the_same_are_an_error() -> None:
    one = Measurement(name="x", value=1, unit="", better="lower")
    other = Measurement(name="y", value=1, unit="", better="lower")
    with pytest.raises(ReportError, match="others do not: x, y"):
        series_of([(one,), (other,)])
    with pytest.raises(ReportError, match="more than once: x"):
        series_of([(one, one)])


@pytest.mark.parametrize(
    ("before", "now", "better", "verdict"),
    [
        pytest.param((100, 101, 99), (100, 102, 98), "lower", "no difference", id="the same"),
        pytest.param((100, 101, 99), (104, 105, 103), "lower", "no difference", id="too small"),
        pytest.param((100, 101, 99), (130, 131, 129), "lower", "worse", id="slower"),
        pytest.param((100, 101, 99), (70, 71, 69), "lower", "better", id="faster"),
        pytest.param((100, 101, 99), (70, 71, 69), "higher", "worse", id="less of it"),
        pytest.param((60, 100, 140), (90, 130, 170), "lower", "no difference", id="noise"),
        pytest.param((100, 100), (200, 200), "lower", "too few rounds", id="two rounds"),
        pytest.param((0, 0, 0), (1, 1, 1), "lower", "nothing to compare", id="nothing before"),
    ],
)
def test_a_difference_is_one_beyond_the_noise(
    before: tuple[float, ...], now: tuple[float, ...], better: str, verdict: str
) -> None:
    (row,) = compare(
        [series(*now, better=better)], [series(*before, better=better)], least_percent=5
    )
    assert row.verdict == verdict


@given(st.lists(st.floats(1, 1e6), min_size=3, max_size=9))
def test_a_result_differs_never_from_itself(values: list[float]) -> None:
    (row,) = compare([series(*values)], [series(*values)], least_percent=0)
    assert row.verdict == "no difference"


def test_one_round_that_was_disturbed_moves_nothing() -> None:
    calm, disturbed = series(100, 101, 99, 100, 102), series(100, 900, 99, 100, 101)
    (row,) = compare([disturbed], [calm], least_percent=5)
    assert (row.verdict, row.now.median) == ("no difference", 100)


def test_what_was_not_measured_before_has_nothing_to_compare() -> None:
    (row,) = compare([series(1, 2, 3)], [series(1, 2, 3, name="y")], least_percent=5)
    assert row.verdict == "nothing to compare"
    assert row.as_data()["change"] is None


def test_another_unit_under_the_same_name_is_nothing_to_compare() -> None:
    seconds = MeasuredSeries(name="x", unit="s", better="lower", values=(1, 2, 3))
    (row,) = compare([series(1000, 2000, 3000)], [seconds], least_percent=5)
    assert row.verdict == "nothing to compare"
    assert comparison_table([row], title="").rows[0][4:6] == ("-", "-")


@pytest.mark.parametrize(("before", "now"), [(-100, -50), (100, -50), (0, 50)])
def test_of_nothing_and_less_there_are_no_shares(before: float, now: float) -> None:
    (row,) = compare([series(now, now, now)], [series(before, before, before)], least_percent=5)
    assert row.verdict == "nothing to compare"


def test_half_as_much_is_as_far_away_as_twice() -> None:
    calm = series(100, 101, 99, better="higher")
    noisy = series(100, 115, 85, better="higher")
    (row,) = compare([series(50, 50, 50, better="higher")], [noisy], least_percent=5)
    assert row.verdict == "worse"
    (row,) = compare([series(60, 60, 60, better="higher")], [noisy], least_percent=5)
    assert row.verdict == "no difference"
    (row,) = compare([noisy], [calm], least_percent=5)
    assert row.limits == pytest.approx((1 / 1.863 - 1, 0.863), rel=0.01)


def test_much_noise_is_a_factor_and_little_noise_a_share() -> None:
    busy = series(40, 100, 250, 90, 300)
    (row,) = compare([series(12, 13, 14)], [busy], least_percent=5)
    assert row.verdict == "no difference"
    calm = series(100, 101, 99)
    assert calm.spread == pytest.approx(calm.noise, rel=0.02)
    assert series(0, 1, 2).spread == series(0, 1, 2).noise


def test_the_drift_of_the_machine_widens_what_is_no_difference() -> None:
    before, now = [series(100, 101, 99)], [series(130, 131, 129)]
    assert compare(now, before, least_percent=5, drift=0.2)[0].verdict == "worse"
    assert compare(now, before, least_percent=5, drift=0.3)[0].verdict == "no difference"


def test_the_table_states_the_noise() -> None:
    rows = compare([series(100, 110, 90)], [series(100, 101, 99)], least_percent=5)
    (row,) = comparison_table(rows, title="").rows
    assert row[1:5] == ("100 ms", "±14.8 %", "100 ms", "+0.0 %")
    assert row[5:] == ("-34.7 to +53.1 %", "no difference")


def test_of_one_round_no_noise_is_known() -> None:
    (row,) = comparison_table(compare([series(100)], [], least_percent=5), title="").rows
    assert row[2] == "unknown"


def test_what_is_written_is_read_again() -> None:
    text = written([series(1, 2, 3)], {"commit": "abc"})
    facts, found = read_result(text, "x")
    assert facts["commit"] == "abc"
    assert found == (series(1, 2, 3),)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1, "series": [{}]}',
                                  '{"version": 99, "series": []}',
                                  *(json.dumps({"version": 1, "series": [{"name": "x", "unit": "s",
                                    "better": "lower", "values": [1]} | {name: wrong}]})
                                    for name in ("name", "unit", "better")
                                    for wrong in (None, 7, [1], {})),
                                  ('{"version": 1, "series": [{"name": "x", "unit": "s", '
                                  '"better": "lower", "values": [NaN]}]}')])  # fmt: skip
def test_what_is_no_result_is_said(text: str) -> None:
    with pytest.raises(ReportError):
        read_result(text, "x")


@pytest.mark.parametrize(
    "line",
    [
        'tasker-ci-bench {"name": "x", "value": 1' + "0" * 400 + ', "better": "lower"}',
        'tasker-ci-bench {"name": "x", "value": 1e999, "better": "lower"}',
        'tasker-ci-bench {"name": "x", "value": NaN, "better": "lower"}',
        f"test x ... bench: {'9' * 400} ns/iter (+/- 1)",
        "test x ... bench: , ns/iter (+/- 1)",
        f"x time: [1 s {'9' * 308} s 1 s]",
        "x time: [1.0 s 1.2.3 s 1.0 s]",
    ],
)
def test_a_number_that_is_none_is_told_with_what_it_has_to_be(line: str) -> None:
    with pytest.raises(ReportError) as raised:
        list(read_measurements(line))
    assert "finite" in raised.value.next_step


def test_a_kept_number_that_is_too_large_is_no_result() -> None:
    row = '{"name": "x", "unit": "s", "better": "lower", "values": [1' + "0" * 400 + "]}"
    with pytest.raises(ReportError, match="is no result"):
        read_result(f'{{"version": 1, "series": [{row}]}}', "x")


@pytest.mark.parametrize("size", [1, 2, 7])
def test_of_a_long_output_the_measuring_lines_alone_are_kept(size: int) -> None:
    text = f"""\
noise {"x" * 100}
a very long name of a benchmark
                        time:   [1.0 ns 2.0 ns 3.0 ns]
one time: [1 s 1 s 1 s]
two time: [1 s 2 s 1 s]
noise
test three ... bench:       1,234 ns/iter (+/- 5)
tasker-ci-bench {{"name": "four", "value": 4, "better": "lower"}}
more noise"""
    kept = MeasuringLines()
    lines = text.split("\n")
    for at in range(0, len(lines), size):
        kept.feed("\n".join(lines[at : at + size]))
    assert list(read_measurements(kept.text)) == list(read_measurements(text))
    assert len(list(read_measurements(text))) == 5
    assert "noise" not in kept.text.replace("noise\n", "", 1)
