"""`unused` with the real cargo-shear on dependencies of the workspace's own."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEMBERS = '[workspace]\nmembers = ["a", "b", "c"]\nresolver = "2"\n'
DEPENDS = '[dependencies]\nb = { path = "../b" }\nc = { path = "../c" }\n'


@pytest.fixture
def project(tmp_path: Path, require_tool: Callable[[str], Path]) -> Path:
    require_tool("cargo-shear")
    files = {
        "Cargo.toml": MEMBERS,
        "a/Cargo.toml": workspaces.manifest("a", DEPENDS),
        "a/src/lib.rs": "pub use b::x;\n",
    }
    for name in ("b", "c"):
        files |= {f"{name}/Cargo.toml": workspaces.manifest(name), f"{name}/src/lib.rs": ""}
    return workspaces.write_project(tmp_path / "a project", files)


def bare(folder: Path) -> int:
    """The exit code of cargo-shear itself."""
    return subprocess.run(
        ["cargo-shear"], cwd=folder, env=faces.clean_environment(), check=False, capture_output=True
    ).returncode


def test_a_dependency_that_nobody_uses_is_red_with_its_line_until_it_is_gone(project: Path) -> None:
    ended = faces.run(["tasker-ci", "unused", "--json"], project)
    told = json.loads(ended.stdout)
    assert ended.exit_code == bare(project) == 1
    (found,) = told["findings"]
    assert (found["file"], found["line"]) == ("a/Cargo.toml", 7)
    assert told["summary"].startswith("1 unused dependency, a/Cargo.toml:7: unused dependency `c`")
    assert faces.run(["tasker-ci", "unused", "--fix"], project).exit_code == 0
    ended = faces.run(["tasker-ci", "unused"], project)
    assert (ended.exit_code, bare(project)) == (0, 0), ended.text
    assert "every dependency is used" in ended.text


def test_packages_and_dependencies_are_left_out(project: Path) -> None:
    ended = faces.run(["tasker-ci", "unused", "--set", 'unused.exclude=["a"]'], project)
    assert ended.exit_code == 0, ended.text
    with (project / "Cargo.toml").open("a", encoding="utf-8") as manifest:
        manifest.write('[workspace.metadata.cargo-shear]\nignored = ["c"]\n')
    assert faces.run(["tasker-ci", "unused"], project).exit_code == bare(project) == 0


def test_a_broken_manifest_is_told_before_the_tool_starts(project: Path) -> None:
    (project / "a/Cargo.toml").write_text("[package\n", encoding="utf-8")
    ended = faces.run(["tasker-ci", "unused"], project)
    assert ended.exit_code == 3
    assert "cargo-shear" not in ended.text
