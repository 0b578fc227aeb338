"""`review` by its three faces on a clone, which it does not touch; and cargo's own word."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces
from reviewed import CI, WORKSPACE, steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIE = {**WORKSPACE, str(CI): steps("cargo test --workspace")}
HONEST = {**WORKSPACE, str(CI): steps("cargo test --workspace --all-features")}


def clone(folder: Path, files: dict[str, str]) -> Path:
    """A repository of somebody else, with a blank in its path."""
    made = folder / "a clone"
    workspaces.write_files(made, files)
    subprocess.run(["git", "init", "--quiet"], cwd=made, check=True)
    return made


def content(folder: Path) -> dict[str, bytes]:
    return {
        os.path.relpath(file, folder): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.mark.parametrize("face", faces.FACES)
def test_every_face_takes_the_path_of_a_clone(tmp_path: Path, face: str) -> None:
    made = clone(tmp_path, LIE)
    project = tmp_path / "elsewhere"
    workspaces.write_files(
        project, {"noxfile.py": workspaces.NOXFILE, "tasks.py": workspaces.TASKS}
    )
    before = content(made)
    ended = faces.run(
        faces.command_line(face, "review", str(made)), project, faces.clean_environment()
    )
    assert ended.exit_code == 1, ended.stderr
    assert "1 of 2 tests is run by no job." in ended.text
    assert 'feature = "fast"' in ended.text
    assert content(made) == before


def test_without_cargo_and_git_it_says_the_same(tmp_path: Path) -> None:
    made = clone(tmp_path, HONEST)
    program = shutil.which("tasker-ci", path=faces.clean_environment()["PATH"])
    environment = {**faces.clean_environment(), "PATH": str(tmp_path)}
    ended = faces.run([str(program), "review", "--json"], made, environment)
    assert ended.exit_code == 0, ended.stderr
    data = json.loads(ended.stdout)
    assert data["headline"] == "each of 2 tests is run by a job"
    assert data["unread"] == []


def test_cargo_confirms_what_the_files_say(
    tmp_path: Path, require_tool: Callable[[str], Path]
) -> None:
    require_tool("cargo")
    made = clone(tmp_path, LIE)
    before = content(made)
    words = ["tasker-ci", "review", "--confirm", "--json"]
    ended = faces.run(words, made, faces.clean_environment())
    (found,) = [each for each in json.loads(ended.stdout)["findings"] if each["rule"] == "T1"]
    assert found["confirmed"] is True, ended.stderr
    assert "--unit-graph" in ended.stderr
    assert content(made) == before


def test_the_page_of_a_rule_is_printed(tmp_path: Path) -> None:
    ended = faces.run(
        ["tasker-ci", "review", "--explain", "t1"], tmp_path, faces.clean_environment()
    )
    assert ended.exit_code == 0
    assert "Tests that no job runs." in ended.stdout
    unknown = faces.run(
        ["tasker-ci", "review", "--explain", "T99"], tmp_path, faces.clean_environment()
    )
    assert unknown.exit_code == 2
    assert "There is no rule T99" in unknown.text
