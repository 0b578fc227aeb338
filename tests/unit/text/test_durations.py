"""Durations as people read them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasker_ci.text.durations import ago, duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.0, "0 s"),
        (0.000_004, "0 ms"),
        (0.000_05, "0.05 ms"),
        (0.0123, "12.3 ms"),
        (0.999_4, "999 ms"),
        (0.999_6, "1 s"),  # and not 1000 ms
        (1.2345, "1.23 s"),
        (30, "30 s"),
        (45.06, "45.1 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min"),  # and not 60 s
        (61, "1 min 1 s"),
        (600, "10 min"),
        (3599.4, "59 min 59 s"),
        (3599.7, "1 h"),  # and not 59 min 60 s
        (3723, "1 h 2 min"),
        (6960, "1 h 56 min"),
        (7000, "1 h 57 min"),  # 1 h 56 min 40 s, rounded
        (7199, "2 h"),  # and not 1 h 60 min
        (28_073, "7 h 48 min"),
        (86_400, "24 h"),
        (360_000, "100 h"),
    ],
)
def test_a_duration_is_rounded_and_names_its_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.floats(0, 1e7))
def test_it_is_near_to_what_was_measured(seconds: float) -> None:
    factors = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
    parts = re.findall(r"([\d.]+) (\w+)", duration(seconds))
    value = sum(float(number) * factors[unit] for number, unit in parts)
    assert value == pytest.approx(seconds, rel=0.01, abs=1e-5)
    assert all(float(number) < 60 for number, unit in parts[1:])


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-1, "0 s ago"), (59, "59 s ago"), (61, "1 min ago"), (7300, "2 h ago")],
)
def test_how_long_ago_is_told_roughly(seconds: float, expected: str) -> None:
    assert ago(seconds) == expected
