"""The members of a workspace on this machine, from its manifests alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import workspaces

from tasker_ci.rust.manifests.members import member_manifests

if TYPE_CHECKING:
    from pathlib import Path


def versions(folder: Path) -> dict[str, str | None]:
    return {
        each.file.parent.relative_to(folder).as_posix(): each.rust_version
        for each in member_manifests(folder)
    }


def test_members_by_pattern_and_by_path_and_what_they_take_from_the_workspace(
    tmp_path: Path,
) -> None:
    inherits = workspaces.manifest("x", "rust-version.workspace = true\n")
    top = (
        '[workspace]\nmembers = ["crates/*"]\nexclude = ["crates/out", "old"]\n'
        '[workspace.package]\nrust-version = "1.70"\n'
        '[workspace.dependencies]\nshared = { path = "shared" }\n'
    )
    own = 'rust-version = "1.75.1"\n[dependencies]\nshared.workspace = true\nold.path="../../old"\n'
    workspaces.write_files(
        tmp_path,
        {
            "Cargo.toml": top,
            "crates/a/Cargo.toml": inherits,
            "crates/b/Cargo.toml": workspaces.manifest("b", own),
            "shared/Cargo.toml": workspaces.manifest("shared"),
            "old/Cargo.toml": workspaces.manifest("old", 'rust-version = "1.2"\n'),
            "stranger/Cargo.toml": inherits,
        },
    )
    assert versions(tmp_path) == {"crates/a": "1.70", "crates/b": "1.75.1", "shared": None}


def test_a_package_that_stands_alone_and_a_folder_without_one(tmp_path: Path) -> None:
    assert versions(tmp_path) == {}
    (tmp_path / "Cargo.toml").write_text("[package", encoding="utf-8")
    assert versions(tmp_path) == {}
    (tmp_path / "Cargo.toml").write_text('[package]\nname="a"\nrust-version="1.60"\n', "utf-8")
    assert versions(tmp_path) == {".": "1.60"}
