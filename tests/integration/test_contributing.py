"""A new session really is two files and a name: the example of CONTRIBUTING.md, tried out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def extended(tmp_path: Path) -> Path:
    """A copy of the package with the example's files and name put where CONTRIBUTING.md says."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows, functions, name = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    shutil.copytree(ROOT / "tasker_ci", tmp_path / "tasker_ci")
    sessions = tmp_path / "tasker_ci" / "sessions"
    family = sessions / "dependencies"
    family.mkdir()
    (family / "__init__.py").write_text(rows, encoding="utf-8")
    (family / "session.py").write_text(functions, encoding="utf-8")
    registry = (sessions / "__init__.py").read_text(encoding="utf-8")
    assert registry.count("_NAMES = (\n") == 1
    extended = registry.replace("_NAMES = (\n", "_NAMES = (\n" + name.partition("\n")[2])
    (sessions / "__init__.py").write_text(extended, encoding="utf-8")
    (tmp_path / "Cargo.toml").write_text("[package]\nname = 'sample'\nversion = '0.1.0'\n")
    (tmp_path / "noxfile.py").write_text("import tasker_ci\n\ntasker_ci.register_sessions()\n")
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    completed = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def test_the_new_session_runs_with_its_flag(extended: Path) -> None:
    printed = run(extended, "tasker_ci", "shear", "--fix", "--dry-run", "--json")
    (command,) = json.loads(printed)["commands"]
    assert command["argv"] == ["cargo", "shear", "--fix"]


def test_the_new_session_is_part_of_the_pipeline_and_of_a_bare_nox(extended: Path) -> None:
    listed = run(extended, "nox", "-l")
    assert "* shear [quality] -> Find dependencies that nobody uses (cargo shear)." in listed
    pipeline = json.loads(run(extended, "tasker_ci", "ci", "--dry-run", "--json"))
    assert "shear" in [session["session"] for session in pipeline["sessions"]]


def test_the_new_session_has_the_same_help_everywhere(extended: Path) -> None:
    assert "Remove them from the manifests." in run(extended, "tasker_ci", "--help", "shear")
    assert "Remove them from the manifests." in run(extended, "nox", "-s", "shear", "--", "--help")


def test_a_tool_that_is_not_there_is_no_finding(extended: Path) -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "tasker_ci", "shear", "--json"],
        cwd=extended,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(extended), "HOME": str(extended)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode != 0
    assert json.loads(completed.stdout)["summary"] == "cargo-shear is not installed."
