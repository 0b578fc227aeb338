"""Numbers of things in words."""

from __future__ import annotations

import pytest

from tasker_ci.text.plurals import are, counted, listed, plural


@pytest.mark.parametrize(
    ("count", "expected"), [(0, "0 files are"), (1, "1 file is"), (2, "2 files are")]
)
def test_one_is_no_plural(count: int, expected: str) -> None:
    assert f"{counted(count, 'file')} {are(count)}" == expected


def test_a_plural_of_its_own() -> None:
    assert [counted(count, "advisory", "advisories") for count in (1, 2)] == [
        "1 advisory",
        "2 advisories",
    ]


def test_the_word_alone() -> None:
    assert [plural(count, "passes", "pass") for count in (0, 1, 2)] == ["pass", "passes", "pass"]
    assert [plural(count, "script") for count in (0, 1, 2)] == ["scripts", "script", "scripts"]


def test_the_first_few_of_many() -> None:
    assert [listed("abc"[:count], 2) for count in range(4)] == ["", "a", "a, b", "a, b and 1 more"]
