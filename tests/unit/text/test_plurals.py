"""Numbers of things in words."""

from __future__ import annotations

import pytest

from tasker_ci.text.plurals import are, counted


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
