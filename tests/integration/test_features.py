"""`features` with the real cargo-hack: how many, which failed, and the line that repeats one."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FEATURES = '[features]\ndefault = ["one"]\none = []\ntwo = []\nthree = []\n'
CODE = """\
#[cfg(all(feature = "one", feature = "two"))]
compile_error!("one and two exclude each other");
#[cfg(all(feature = "three", not(feature = "one")))]
pub fn wrong() -> u8 {
    "x"
}
"""


@pytest.fixture
def project(tmp_path: Path, require_tool: Callable[[str], Path]) -> Path:
    require_tool("cargo-hack")
    files = {"Cargo.toml": workspaces.manifest("sample", FEATURES), "src/lib.rs": CODE}
    return workspaces.write_project(tmp_path / "a project", files)


def test_what_fails_is_named_with_the_line_that_repeats_it(project: Path) -> None:
    ended = faces.run(["tasker-ci", "features", "--depth", "2", "--json"], project)
    told = json.loads(ended.stdout)
    assert ended.exit_code == 1
    combinations = {each["features"]: each["compiles"] for each in told["combinations"]}
    assert combinations == {
        "no features": True,
        "default": True,
        "one": True,
        "two": True,
        "three": False,
        "three,two": False,
        "default,three": True,
        "one,three": True,
    }
    assert told["summary"].startswith("2 combinations of features do not compile, first src/lib.rs")
    (first, _) = told["findings"]
    assert (first["file"], first["line"]) == ("src/lib.rs", 5)
    again = subprocess.run(
        shlex.split(first["fix"]), cwd=project, env=faces.clean_environment(), check=False
    )
    assert again.returncode == 101


def test_left_out_features_and_groups_of_the_settings_count(project: Path) -> None:
    settings = '[combinations]\npipeline = true\nexclude = ["three"]\ngroups = ["one,two"]\n'
    (project / ".config/tasker-ci.toml").write_text(settings, encoding="utf-8")
    ended = faces.run(["tasker-ci", "features"], project)
    assert ended.exit_code == 0, ended.text
    assert "4 combinations of features compile" in ended.text
    assert "one,two exclude each other, as the code says." in ended.text
    ended = faces.run(["tasker-ci", "ci", "--dry-run"], project)
    assert "--exclude-features three" in ended.text
