"""Beside tests/integration/test_foreign_selections.py, which compares it with cargo."""

from __future__ import annotations

from pathlib import Path

from tasker_ci.rust.feature_requests import BuildKind, FeatureRequest, requested, split_features
from tasker_ci.rust.workspace import Package

ONE, TWO = (
    Package(
        name=name,
        version="0.1.0",
        manifest=Path(f"/w/{name}/Cargo.toml"),
        targets=(),
        features={"a": (), "default": ()},
    )
    for name in ("one", "two")
)


def test_every_selected_package_gets_the_features_that_it_has() -> None:
    request = FeatureRequest(names=("a", "two/a", "none"), default=False)
    roots, left = requested((ONE, TWO), frozenset({"one"}), request, BuildKind())
    assert roots == {"one": ["a"]}
    assert left == ("two/a", "none")


def test_with_resolver_1_the_current_package_gets_them() -> None:
    request = FeatureRequest(names=("a", "two/a"), default=False)
    build = BuildKind(resolver="1", current="one")
    roots, left = requested((ONE, TWO), frozenset({"two"}), request, build)
    assert roots == {"two": ["a", "default"], "one": ["a"]}
    assert left == ()


def test_names_are_split_at_commas_and_blanks() -> None:
    assert split_features(["a,b c", "d"]) == ("a", "b", "c", "d")
