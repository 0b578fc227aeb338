"""`inventory` on real workspaces: what is planted is found, and nothing else."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import faces
import pytest
import workspaces
from planted import planted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("cargo")


@pytest.fixture
def cargo(require_tool: Callable[[str], Path]) -> None:
    require_tool("cargo")


def inventory(project: Path, *words: str, **environment: str) -> tuple[int, dict[str, Any], str]:
    ended = faces.run(
        ["tasker-ci", "inventory", "--json", *words],
        project,
        faces.clean_environment(**environment),
    )
    return ended.exit_code, json.loads(ended.stdout), ended.stderr


def found(data: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Kind, file and test of every finding."""
    return {
        (finding["kind"], finding["file"], name)
        for finding in data["findings"]
        for name in finding["tests"] or [""]
    }


@pytest.mark.parametrize("repository", [False, True], ids=["a folder", "a repository"])
def test_all_that_is_planted_is_found_and_nothing_else(tmp_path: Path, *, repository: bool) -> None:
    tree = planted()
    assert tree.tests >= 180
    project = tree.write(tmp_path)
    if repository:
        workspaces.write_files(project, {".gitignore": "/target\n.hidden\n"})
        subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    exit_code, data, _ = inventory(project, "--set", "features=default")
    assert exit_code == 0, "a warning by default"
    assert found(data) == tree.expected
    assert all(finding["reason"] for finding in data["findings"])
