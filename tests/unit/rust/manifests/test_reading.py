"""Beside tests/integration/test_manifests.py, which compares it with cargo."""

from __future__ import annotations

from pathlib import Path

from foreign_commands import TextsOf

from tasker_ci.rust.manifests.reading import find_workspaces


def test_a_checkout_without_manifests_has_no_workspace() -> None:
    assert find_workspaces(TextsOf({"README.md": ""})) == ()
    assert find_workspaces(TextsOf({"Cargo.toml": "no = ["})) == ()


def test_members_that_depend_on_one_another_in_a_circle() -> None:
    texts = TextsOf({
        "Cargo.toml": "workspace = {}\npackage = { name = 'a' }\ndependencies.b.path = 'b'",
        "b/Cargo.toml": "package = { name = 'b' }\ndependencies.a.path = '..'",
        "b/src/lib.rs": "",
    })  # fmt: skip
    (found,) = find_workspaces(texts)
    assert [package.name for package in found.packages] == ["a", "b"]
    assert found.default_members == ("a",)
    assert found.root == Path("/clone")


def test_values_of_a_wrong_type_are_passed_over() -> None:
    texts = TextsOf({
        "Cargo.toml": "[workspace]\nmembers = 1\nexclude = [1]\n[package]\nname = 'a'\n"
        'version = 1\nedition = 2021\nbuild = 7\n[lib]\npath = "x\\u0000"\n'
        "[dependencies]\nb = 1\n[features]\nf = 1\n"
        "[[bin]]\nname = 1\n[[test]]\nname = 't'\npath = 7\n",
        "b/Cargo.toml": "package = 1\nworkspace = 1",
    })  # fmt: skip
    (found, *_) = find_workspaces(texts)
    (package,) = found.packages
    assert package.name == "a"
    assert [target.kind for target in package.targets] == ["custom-build"]
