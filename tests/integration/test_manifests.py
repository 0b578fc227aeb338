"""Workspaces as we read their manifests, and as `cargo metadata` describes them."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
from foreign_commands import FolderOf
from unit_graphs import metadata
from workspaces import write_files

from tasker_ci.rust.manifests.reading import find_workspaces

if TYPE_CHECKING:
    from tasker_ci.rust.workspace import Package, Requirement, Workspace

RESOURCES = Path(__file__).parents[1] / "resources"
TABLES = {
    name: row
    for file in ("manifests.toml", "selections.toml")
    for name, row in tomllib.loads((RESOURCES / file).read_text("utf-8")).items()
    if "like" not in row
}
ROOTS = {
    "members": {"", "tools/y", "fuzz"},
    "alone": {"", "alone", "nested"},
}


def write(folder: Path, row: dict[str, Any]) -> FolderOf:
    sources = dict.fromkeys(row["sources"].split(), "fn main() {}")
    write_files(folder, {**sources, **row["files"]})
    return FolderOf(folder)


def plain(requirement: Requirement) -> Requirement:
    target = requirement.target
    return replace(requirement, target=target.replace(" ", "") if target else None)


def sorted_package(package: Package) -> Package:
    return replace(
        package,
        features={name: tuple(package.features[name]) for name in sorted(package.features)},
        requirements=tuple(sorted(map(plain, package.requirements), key=repr)),
        dependencies=tuple(sorted(package.dependencies, key=repr)),
    )


def in_one_order(workspace: Workspace) -> Workspace:
    packages = map(sorted_package, workspace.packages)
    return replace(
        workspace,
        packages=tuple(sorted(packages, key=lambda package: package.name)),
        default_members=tuple(sorted(workspace.default_members or ())),
    )


@pytest.mark.parametrize("name", TABLES)
def test_a_workspace_is_what_cargo_says(name: str, tmp_path: Path) -> None:
    found = find_workspaces(write(tmp_path, TABLES[name]))
    assert found
    for each in found:
        assert in_one_order(each) == in_one_order(metadata(each.root))


@pytest.mark.parametrize("name", ROOTS)
def test_every_workspace_of_a_checkout_is_found(name: str, tmp_path: Path) -> None:
    found = find_workspaces(write(tmp_path, TABLES[name]))
    assert {each.root for each in found} == {tmp_path / root for root in ROOTS[name]}


def test_a_package_that_no_workspace_takes_and_none_excludes_is_left_out(tmp_path: Path) -> None:
    (outer, *_) = find_workspaces(write(tmp_path, TABLES["members"]))
    assert "out" not in {each.name for each in outer.packages}
    assert (tmp_path / PurePosixPath("out/Cargo.toml")).is_file()
