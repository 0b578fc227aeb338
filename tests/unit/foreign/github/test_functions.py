"""Functions of expressions whose arguments only a run knows, or that make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from tasker_ci.foreign.github.functions import called
from tasker_ci.foreign.github.values import UNKNOWN, Partial, Unknown

BRANCH = Unknown(prefix="refs/heads/")


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("contains", [["a", UNKNOWN], "A"], True),
        ("contains", [["a", UNKNOWN], "b"], UNKNOWN),
        ("contains", [["a"], UNKNOWN], UNKNOWN),
        ("contains", [None, ""], True),
        ("startswith", [BRANCH, "refs/heads/main"], UNKNOWN),
        ("startswith", [BRANCH, "refs/pull"], False),
        ("endswith", [BRANCH, "main"], UNKNOWN),
        ("format", ["a{0}", BRANCH], Unknown(prefix="arefs/heads/")),
        ("format", ["{7}"], UNKNOWN),
        ("join", [["a", UNKNOWN]], UNKNOWN),
        ("join", ["a"], "a"),
        ("tojson", [Partial(a=1)], UNKNOWN),
        ("fromjson", [UNKNOWN], UNKNOWN),
        ("fromjson", ["{"], UNKNOWN),
        ("fromjson", ["[" * 100_000], UNKNOWN),
        ("case", [UNKNOWN, 1, 2], UNKNOWN),
        ("nothing", [], UNKNOWN),
        ("contains", [], UNKNOWN),
    ],
)
def test_what_is_not_known_stays_so(name: str, arguments: list[Any], expected: object) -> None:
    assert called(name, arguments, {}) == expected


@pytest.mark.parametrize(
    ("name", "outcome", "expected"),
    [
        ("success", "success", True),
        ("failure", "success", False),
        ("failure", "failure", True),
        ("always", "cancelled", True),
        ("cancelled", "cancelled", True),
    ],
)
def test_functions_of_the_outcome(name: str, outcome: str, expected: bool) -> None:
    assert called(name, [], {"outcome": outcome}) is expected
    assert called(name, [], {}) == UNKNOWN


def test_a_text_of_any_size_is_bounded() -> None:
    assert called("format", ["{0}" * 10_000, "x" * 10_000], {}) == UNKNOWN
