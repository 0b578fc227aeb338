"""Which packages are kept back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.rust.workspace import Package, Workspace
from tasker_ci.sessions.package.published import kept_back

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("manifest", "found"),
    [
        ("[package]\nname = 'a'\n", ()),
        ("[package]\npublish = false\n", ("a",)),
        ("[package]\npublish = []\n", ("a",)),
        ("[package]\npublish = ['here']\n", ()),
        ("[package]\npublish.workspace = true\n", ("a",)),
        ("broken = [", ()),
    ],
)
def test_a_manifest_keeps_its_package_back(
    tmp_path: Path, manifest: str, found: tuple[str, ...]
) -> None:
    shared = "[workspace.package]\npublish = false\n"
    workspaces.write_files(tmp_path, {"Cargo.toml": shared, "a/Cargo.toml": manifest})
    package = Package(name="a", version="1.0.0", manifest=tmp_path / "a/Cargo.toml", targets=())
    workspace = Workspace(root=tmp_path, target_directory=tmp_path / "target", packages=(package,))
    assert kept_back(workspace) == found
