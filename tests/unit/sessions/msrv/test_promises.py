"""Which packages promise which Rust."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import rust_workspaces
import workspaces

from tasker_ci.sessions.msrv.promises import (
    declaration_of,
    declared_versions,
    promises_anything,
    promises_of,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_packages_with_one_version_are_together_the_oldest_first(tmp_path: Path) -> None:
    packages = [
        replace(rust_workspaces.package(tmp_path / name), rust_version=version)
        for name, version in (("a", "1.70"), ("b", "1.9"), ("c", None), ("d", "1.70.0"))
    ]
    found = [(each.version, each.names) for each in promises_of(packages)]
    assert found == [("1.9.0", ("b",)), ("1.70.0", ("a", "d"))]
    assert [each.names for each in promises_of(packages, ["d", "c"])] == [("d",)]


def test_a_workspace_without_a_promise_has_nothing_for_it(tmp_path: Path) -> None:
    workspaces.write_project(tmp_path)
    assert not promises_anything(tmp_path)
    text = workspaces.manifest("sample", 'rust-version = "1.80"\n')
    (tmp_path / "Cargo.toml").write_text(text, "utf-8")
    assert promises_anything(tmp_path / "src")
    assert declared_versions(tmp_path) == ("1.80.0",)


def test_the_line_that_says_so_is_the_packages_own_or_the_workspaces(tmp_path: Path) -> None:
    inherits = workspaces.manifest("a", "rust-version.workspace = true\n")
    top = '[workspace]\nmembers=["a"]\n[workspace.package]\nrust-version = "1.70"\n'
    workspaces.write_files(tmp_path, {"Cargo.toml": top, "a/Cargo.toml": inherits})
    package = replace(rust_workspaces.package(tmp_path / "a"), manifest=tmp_path / "a/Cargo.toml")
    assert declaration_of(package, tmp_path) == (tmp_path / "Cargo.toml", 4)
    own = workspaces.manifest("a", 'rust-version = "1.70"\n')
    (tmp_path / "a/Cargo.toml").write_text(own, "utf-8")
    assert declaration_of(package, tmp_path) == (tmp_path / "a/Cargo.toml", 5)
