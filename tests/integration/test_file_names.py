"""Files whose names are no UTF-8, or that would do something to a screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import faces
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform == "darwin", reason="file names are UTF-8 there, whoever makes them"
)

LOST = {
    b"src/caf\xe9.rs": r"src/caf\xe9.rs",
    b"tests/d\xff/x.rs": r"tests/d\xff/x.rs",
    b"tests/sub/new\n::error::x\x1b[31m.rs": r"tests/sub/new\n::error::x\x1b[31m.rs",
}


@pytest.fixture
def project(cargo_workspace: Callable[..., Path]) -> Path:
    made = cargo_workspace()
    for name in LOST:
        file = made / os.fsdecode(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"#[test]\nfn lost() {}\n")
    return made


def git(project: Path, *words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.invalid")
    subprocess.run(["git", *who, *words], cwd=project, check=True)


@pytest.mark.parametrize("repository", [False, True], ids=["a folder", "a repository"])
def test_inventory_finds_the_files_and_spells_their_names_out(
    project: Path, *, repository: bool
) -> None:
    if repository:
        git(project, "init", "--quiet")
    argv = ["tasker-ci", "inventory"]
    data = json.loads(faces.run([*argv, "--json"], project, faces.clean_environment()).stdout)
    assert {each["file"] for each in data["findings"]} == set(LOST.values())
    for more in ({}, {"GITHUB_ACTIONS": "true", "NO_COLOR": "1"}, {"LC_ALL": "C"}):
        ended = faces.run(argv, project, faces.clean_environment(**more))
        assert ended.exit_code == 0, ended.text
        assert "\x1b[31m" not in ended.text
        assert not any(line.startswith("::error") for line in ended.stdout.splitlines())
        for name in LOST.values():
            assert f"  {name}:2: " in ended.stdout


def test_affected_knows_the_files_and_spells_their_names_out(project: Path) -> None:
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "All")
    for name in LOST:
        (project / os.fsdecode(name)).write_bytes(b"\n#[test]\nfn lost() {}\n")
    argv = ["tasker-ci", "affected", "--base", "main"]
    ended = faces.run(argv, project, faces.clean_environment())
    assert ended.exit_code == 0, ended.text
    assert "\x1b[31m" not in ended.text
    assert r"src/caf\xe9.rs changed" in ended.stdout
    data = json.loads(faces.run([*argv, "--json"], project, faces.clean_environment()).stdout)
    assert set(data["changed"]) == set(LOST.values())
    assert [each["package"] for each in data["packages"]] == ["sample"]
