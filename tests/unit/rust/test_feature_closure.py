"""Beside tests/integration/test_foreign_selections.py, which compares it with cargo."""

from __future__ import annotations

from pathlib import Path

from tasker_ci.rust.feature_closure import feature_closure
from tasker_ci.rust.feature_requests import BuildKind, FeatureRequest
from tasker_ci.rust.workspace import Package, Requirement

ROOT = Path("/w")


def package(name: str, features: dict[str, list[str]], *needs: Requirement) -> Package:
    return Package(
        name=name,
        version="0.1.0",
        manifest=ROOT / name / "Cargo.toml",
        targets=(),
        features=features,
        requirements=needs,
    )


def need(name: str, **more: object) -> Requirement:
    return Requirement(name=name, path=ROOT / name, **more)  # type: ignore[arg-type]


def test_features_come_by_dependencies_and_by_one_another() -> None:
    app = package("app", {"default": ["a"], "a": ["lib/x"]}, need("lib", default_features=False))
    lib = package("lib", {"default": ["y"], "x": ["z"], "y": [], "z": []})
    found = feature_closure((app, lib), ["app"], FeatureRequest(), BuildKind())
    assert found.of(app) == {"default", "a"}
    assert found.of(lib) == {"x", "z"}


def test_what_a_platform_that_is_not_known_would_add_is_perhaps_on() -> None:
    app = package("app", {}, need("lib", target="cfg(windows)", features=("x",)))
    lib = package("lib", {"x": []})
    found = feature_closure((app, lib), ["app", "lib"], FeatureRequest(), BuildKind())
    assert found.of(lib) == frozenset()
    assert found.perhaps_of(lib) == {"x"}


def test_a_circle_of_features_and_of_dev_dependencies_ends() -> None:
    one = package("one", {"a": ["b"], "b": ["a", "two/c"]}, need("two"))
    two = package("two", {"c": []}, need("one", kind="dev", features=("a",)))
    found = feature_closure((one, two), ["one", "two"], FeatureRequest(), BuildKind())
    assert found.of(one) == {"a", "b"}
    assert found.of(two) == {"c"}


def test_a_feature_that_no_selected_package_has_is_refused() -> None:
    app = package("app", {"a": []})
    request = FeatureRequest(names=("a", "b", "other/c"))
    assert feature_closure((app,), ["app"], request, BuildKind()).refused == ("b", "other/c")


def test_a_member_that_a_patch_puts_in_place_of_the_registry_s() -> None:
    app = package("app", {}, Requirement(name="lib", features=("x",)))
    lib = package("lib", {"x": []})
    plain = feature_closure((app, lib), ["app"], FeatureRequest(), BuildKind())
    patched = BuildKind(patched={"lib": ROOT / "lib"})
    assert plain.of(lib) == frozenset()
    assert feature_closure((app, lib), ["app"], FeatureRequest(), patched).of(lib) == {"x"}
