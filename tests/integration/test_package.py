"""`package` with the real cargo: what is published has to build without the rest."""

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

MORE = 'license = "MIT"\ndescription = "A sample."\nexclude = ["src/data.txt"]\n'


@pytest.fixture
def project(tmp_path: Path, require_tool: Callable[[str], Path]) -> Path:
    require_tool("cargo")
    files = {
        "Cargo.toml": workspaces.manifest("sample", MORE),
        "src/lib.rs": 'pub const TEXT: &str = include_str!("data.txt");\n',
        "src/data.txt": "1",
    }
    return workspaces.write_project(tmp_path / "a project", files)


def bare(folder: Path) -> int:
    """The exit code of cargo itself."""
    command = ["cargo", "package", "--workspace", "--allow-dirty"]
    return subprocess.run(
        command, cwd=folder, env=faces.clean_environment(), check=False, capture_output=True
    ).returncode


def test_a_file_that_the_tarball_lacks_is_red_with_its_place(project: Path) -> None:
    environment = faces.clean_environment()
    environment.pop("CI", None)
    ended = faces.run(["tasker-ci", "package", "--json"], project, environment)
    told = json.loads(ended.stdout)
    assert ended.exit_code == bare(project) == 101
    (found,) = told["findings"]
    assert (found["file"], found["line"]) == ("src/lib.rs", 1)
    assert told["summary"].startswith("1 package does not build from its tarball, src/lib.rs:1: ")
    manifest = workspaces.manifest("sample", MORE.partition("exclude")[0])
    (project / "Cargo.toml").write_text(manifest, encoding="utf-8")
    ended = faces.run(["tasker-ci", "package"], project, environment)
    assert (ended.exit_code, bare(project)) == (0, 0), ended.text


def test_what_is_not_published_is_not_packaged(project: Path) -> None:
    manifest = workspaces.manifest("sample", f"publish = false\n{MORE}")
    (project / "Cargo.toml").write_text(manifest, encoding="utf-8")
    ended = faces.run(["tasker-ci", "package"], project)
    assert ended.exit_code == 0
    assert "no package is published" in ended.text
