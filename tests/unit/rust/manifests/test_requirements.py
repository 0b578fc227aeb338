"""Beside tests/integration/test_manifests.py, which compares it with cargo."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasker_ci.rust.manifests.requirements import features_of, requirements_of
from tasker_ci.rust.workspace import Requirement


@pytest.mark.parametrize(
    ("edition", "own", "theirs", "expected"),
    [
        ("2021", False, None, True),
        ("2021", False, True, True),
        ("2021", True, False, True),
        ("2021", None, False, False),
        ("2024", False, None, False),
        ("2024", False, True, False),
    ],
)
def test_default_features_of_what_the_workspace_shares(
    edition: str, own: bool | None, theirs: bool | None, expected: bool
) -> None:
    row = {"workspace": True} | ({} if own is None else {"default-features": own})
    shared = {"version": "1"} | ({} if theirs is None else {"default-features": theirs})
    folder = Path("/w")
    (found,) = requirements_of(
        {"dependencies": {"x": row}}, folder, {"x": shared}, folder, edition=edition
    )
    assert found.default_features is expected


def test_features_that_optional_dependencies_make() -> None:
    needs = (Requirement(name="a", optional=True), Requirement(name="b", optional=True))
    found = features_of({"features": {"f": ["dep:b"]}}, needs)
    assert found == {"f": ("dep:b",), "a": ("dep:a",)}
