"""`ci` twice on a real workspace: the second is proven, and each kind of change runs again."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faces
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

DATABASE = Path(__file__).parents[1] / "resources" / "audit" / "database"

LIBRARY = """\
//! A library.

/// The text of a file that lies elsewhere.
pub const SHARED: &str = include_str!("../../shared.txt");

/// Adds one.
///
/// ```
/// assert_eq!(sample::add_one(1), 2);
/// ```
#[must_use]
pub const fn add_one(number: u32) -> u32 {
    number + 1
}
"""

TESTS = """\
//! Tests that read what is not tracked.

use std::{env, fs};

#[test]
fn the_ignored_file_says_yes() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/answer.env");
    assert_eq!(fs::read_to_string(file).unwrap(), "yes\\n");
}

#[test]
fn the_variable_says_yes() {
    assert_ne!(env::var("ANSWER").as_deref(), Ok("no"));
}

#[test]
fn the_file_elsewhere_says_yes() {
    assert_eq!(sample::SHARED, "yes\\n");
}
"""

MANIFEST = '[package]\nname = "sample"\nversion = "0.1.0"\nedition = "2021"\n'


@pytest.fixture
def project(tmp_path: Path, require_tool: Callable[[str], Path]) -> Path:
    for name in ("cargo", "cargo-nextest", "cargo-audit", "git"):
        require_tool(name)
    root = tmp_path / "work" / "repository"
    for name, text in {
        "Cargo.toml": MANIFEST,
        "src/lib.rs": LIBRARY,
        "tests/it.rs": TESTS,
        "answer.env": "yes\n",
        "../shared.txt": "yes\n",
        ".gitignore": "target\n*.env\n.tasker-ci\n",
    }.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    subprocess.run(["cargo", "generate-lockfile", "--offline"], cwd=root, check=True)
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    commit(root)
    time.sleep(2.1)  # else the file elsewhere may have been written while the first run goes on
    return root


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root, check=True)


def commit(root: Path) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=e@localhost")
    git(root, *identity, "commit", "--quiet", "--allow-empty", "--message", "one")


def ci(root: Path, *words: str, **variables: str) -> tuple[dict[str, dict[str, Any]], str]:
    environment = faces.clean_environment(
        **{"TASKER_CI_AUDIT_DATABASE": str(DATABASE), "TASKER_CI_SCCACHE": "off", **variables}
    )
    ended = faces.run(["tasker-ci", "ci", "--json", *words], root, environment)
    data = json.loads(ended.stdout)
    return {each["session"]: each for each in data["sessions"]}, ended.stderr


def statuses(found: dict[str, dict[str, Any]]) -> set[str]:
    return {each["status"] for each in found.values() if each["session"] != "examples"}


def test_proofs_hold_while_nothing_changes_and_hide_no_red(project: Path) -> None:
    found, text = ci(project)
    assert statuses(found) == {"passed"}, text

    found, text = ci(project)
    assert statuses(found) == {"proven"}, text
    assert "unit: proven (" in text
    assert found["unit"]["proven"]["run"]
    reported = faces.run(["tasker-ci", "report"], project, faces.clean_environment())
    assert "unit was proven, and did not run again" in reported.stdout + reported.stderr

    os.utime(project / "src" / "lib.rs")
    found, text = ci(project)
    assert statuses(found) == {"proven"}, text

    # what git ignores
    (project / "answer.env").write_text("no!\n", encoding="utf-8")
    found, text = ci(project)
    assert found["unit"]["status"] == "failed", text
    assert "unit runs again: answer.env changed" in text
    (project / "answer.env").write_text("yes\n", encoding="utf-8")
    found, text = ci(project)
    assert found["unit"]["status"] == "passed", text
    assert found["clippy"]["status"] in {"proven", "passed"}

    # the environment
    found, text = ci(project, ANSWER="no")
    assert found["unit"]["status"] == "failed", text
    assert "clippy runs again: the variable ANSWER changed" in text

    # a file elsewhere that the compiler read
    (project.parent / "shared.txt").write_text("no!\n", encoding="utf-8")
    found, text = ci(project)
    assert found["unit"]["status"] == "failed", text
    assert "shared.txt changed" in text


def test_switches_and_another_commit_with_the_same_tree(project: Path) -> None:
    ci(project)
    assert statuses(ci(project)[0]) == {"proven"}
    assert statuses(ci(project, TASKER_CI_PROVEN="off")[0]) == {"passed"}
    found, text = ci(project)
    assert found["clippy"]["status"] == "proven", text
    assert "unit.default.xml is of another run" in text, "nobody held that one against its inputs"
    assert statuses(ci(project, "--no-proven")[0]) == {"passed"}
    found, text = ci(project)
    assert statuses(found) == {"proven"}, text
    commit(project)
    found, text = ci(project)
    assert statuses(found) == {"passed"}, text
    assert "unit runs again: HEAD changed" in text
