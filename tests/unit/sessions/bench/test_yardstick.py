"""The machine's own speed: what it says of a drift between two results."""

from __future__ import annotations

from typing import Any

import pytest

from tasker_ci.sessions.bench.yardstick import Yardstick


def yardstick(*seconds: float, python: str = "CPython 3.11.2") -> Yardstick:
    return Yardstick(python=python, seconds=list(seconds))


def test_it_is_the_same_whether_the_machine_became_faster_or_slower() -> None:
    slow, fast = yardstick(0.02, 0.02, 0.5), yardstick(0.01, 0.01, 0.011)
    assert slow.drift(fast.as_data()) == pytest.approx(1.0)
    assert fast.drift(slow.as_data()) == pytest.approx(1.0)
    assert slow.drift(slow.as_data()) == 0


@pytest.mark.parametrize(
    "before",
    [
        pytest.param({}, id="an older result"),
        pytest.param(yardstick(0.01, python="CPython 3.12.0").as_data(), id="another interpreter"),
        pytest.param({"python": "CPython 3.11.2", "seconds": []}, id="no round"),
        pytest.param({"python": "CPython 3.11.2", "seconds": ["fast"]}, id="spoilt"),
        pytest.param({"python": "CPython 3.11.2", "seconds": 3}, id="spoilt otherwise"),
        pytest.param({"python": "CPython 3.11.2", "seconds": [0]}, id="a clock that stood"),
    ],
)
def test_what_cannot_be_compared_says_nothing(before: dict[str, Any]) -> None:
    assert yardstick(0.01).drift(before) is None


def test_every_round_leaves_its_time() -> None:
    found = Yardstick.new()
    calls = []
    found.take(lambda: calls.append(1))
    found.take()
    assert len(found.seconds) == 2
    assert all(each > 0 for each in found.seconds)
    assert calls
