"""Who needs a member by ways that no manifest of a member shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import rust_workspaces
import workspaces

from tasker_ci.rust.workspace import Dependency, Package
from tasker_ci.sessions.affected.changes import Uncertain
from tasker_ci.sessions.affected.locked import hidden_users

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REGISTRY = "registry+https://registry.example/index"


def locked(needs: Mapping[str, tuple[str, ...]]) -> str:
    """A Cargo.lock; a name with ``@`` before it is a package of the registry."""
    entries = []
    for name, dependencies in needs.items():
        source = f'source = "{REGISTRY}"\n' if name.startswith("@") else ""
        words = ", ".join(f'"{each.lstrip("@")}"' for each in dependencies)
        name_line = f'name = "{name.lstrip("@")}"\n'
        entries.append(
            f'[[package]]\n{name_line}version = "0.1.0"\n{source}dependencies = [{words}]\n'
        )
    return "version = 4\n\n" + "\n".join(entries)


def users(root: Path, files: Mapping[str, str], *packages: Package) -> dict[str, list[str]]:
    workspaces.write_files(root, {"Cargo.toml": "[workspace]\n", **files})
    found = hidden_users(rust_workspaces.workspace(root, *packages))
    return {name: sorted(each) for name, each in found.items() if each}


def members(root: Path) -> tuple[Package, ...]:
    """`by_folder` names the folder of `base`, `user` does not."""
    return (
        rust_workspaces.package(root / "base"),
        rust_workspaces.package(root / "user"),
        rust_workspaces.package(root / "by_folder", needs={"base": "normal"}),
    )


def test_a_member_in_place_of_a_package_of_the_registry(tmp_path: Path) -> None:
    lock = locked({"base": (), "user": ("base",), "by_folder": ("base",)})
    assert users(tmp_path, {"Cargo.lock": lock}, *members(tmp_path)) == {"base": ["user"]}


def test_a_member_that_packages_from_elsewhere_need(tmp_path: Path) -> None:
    lock = locked(
        {
            "base": (),
            "@near": ("base", "@far"),
            "@far": ("@near",),
            "user": ("@far",),
            "by_folder": ("base", "beside"),
            "beside": ("base",),
        }
    )
    found = users(tmp_path, {"Cargo.lock": lock}, *members(tmp_path))
    assert found == {"base": ["by_folder", "user"]}, "a folder that is no member is one way too"


def test_a_package_of_the_registry_that_is_called_like_a_member_is_another(tmp_path: Path) -> None:
    lock = locked({"@base": (), "user": ("@base",)})
    assert users(tmp_path, {"Cargo.lock": lock}, *members(tmp_path)) == {}


@pytest.mark.parametrize("table", ["patch.crates-io", "replace"])
def test_without_a_lock_file_a_redirection_is_uncertain(tmp_path: Path, table: str) -> None:
    files = {"Cargo.toml": f'[workspace]\n[{table}]\nbase = {{ path = "base" }}\n'}
    with pytest.raises(Uncertain, match=r"there is no Cargo\.lock to say whom"):
        users(tmp_path, files, *members(tmp_path))


def test_without_a_lock_file_a_folder_of_no_member_is_uncertain(tmp_path: Path) -> None:
    elsewhere = Dependency(name="beside", path=tmp_path / "beside", kind="normal")
    package = rust_workspaces.package(tmp_path / "base")
    with pytest.raises(Uncertain, match="what beside depends on"):
        users(tmp_path, {}, Package(**{**vars(package), "dependencies": (elsewhere,)}))


def test_without_a_lock_file_plain_members_hide_nothing(tmp_path: Path) -> None:
    assert users(tmp_path, {}, *members(tmp_path)) == {}


@pytest.mark.parametrize("text", ["<<<<<<< HEAD\n", "[[package]]\n", "\udcff"])
def test_a_lock_file_that_cannot_be_read_is_uncertain(tmp_path: Path, text: str) -> None:
    (tmp_path / "Cargo.lock").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(Uncertain, match=r"Cargo\.lock cannot be read"):
        users(tmp_path, {}, *members(tmp_path))
