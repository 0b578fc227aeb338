"""`spelling` with the real typos: red exactly where typos itself is red."""

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

MISSPELLED = "/// The langauge.\npub fn recieve() {}\n/// Teh wich.\npub struct Thing;\n"


@pytest.fixture
def project(tmp_path: Path, require_tool: Callable[[str], Path]) -> Path:
    require_tool("typos")
    return workspaces.write_project(tmp_path / "a project", {"src/lib.rs": MISSPELLED})


def bare(folder: Path) -> int:
    """The exit code of typos itself."""
    return subprocess.run(
        ["typos"], cwd=folder, env=faces.clean_environment(), check=False, capture_output=True
    ).returncode


def test_each_word_has_its_place_and_its_correction(project: Path) -> None:
    ended = faces.run(["tasker-ci", "spelling", "--json"], project)
    told = json.loads(ended.stdout)
    assert ended.exit_code == bare(project) == 2
    assert [(each["file"], each["line"], each["fix"]) for each in told["findings"]] == [
        ("src/lib.rs", 1, "write `language`"),
        ("src/lib.rs", 2, "write `receive`"),
        ("src/lib.rs", 3, "write `The`"),
        ("src/lib.rs", 3, "write `which` or `witch`"),
    ]
    assert told["summary"].startswith("4 misspelled words, first src/lib.rs:1: `langauge`")


def test_fix_corrects_what_has_one_correction(project: Path) -> None:
    ended = faces.run(["nox", "-s", "spelling", "--", "--fix"], project)
    assert ended.exit_code != 0
    assert "1 misspelled word, src/lib.rs:3: `wich` is misspelled" in ended.text
    assert (project / "src/lib.rs").read_text(encoding="utf-8").count("wich") == 1
    (project / "typos.toml").write_text('[default.extend-words]\nwich = "wich"\n', encoding="utf-8")
    ended = faces.run(["tasker-ci", "spelling"], project)
    assert (ended.exit_code, bare(project)) == (0, 0), ended.text
    assert "no misspelled words" in ended.text


def test_a_broken_configuration_is_named(project: Path) -> None:
    (project / "_typos.toml").write_text("[default]\nunknwon = 1\n", encoding="utf-8")
    ended = faces.run(["tasker-ci", "spelling"], project)
    assert ended.exit_code == bare(project) == 78
    assert "unknown key `default.unknwon`" in ended.text
    assert "Fix what it names, in _typos.toml." in ended.text


def test_a_project_with_its_configuration_gets_it_into_its_pipeline(project: Path) -> None:
    (project / ".config/tasker-ci.toml").unlink()
    (project / "typos.toml").write_text("", encoding="utf-8")
    assert faces.run(["tasker-ci", "init"], project).exit_code == 0
    settings = (project / ".config/tasker-ci.toml").read_text(encoding="utf-8")
    assert "[spelling]\n# typos.toml is its configuration.\npipeline = true\n" in settings
    workflow = (project / ".github/workflows/code-quality.yml").read_text(encoding="utf-8")
    install, run = "exec nox -s tools -- --tool typos", "exec nox -s spelling\n"
    assert 0 < workflow.index(install) < workflow.index(run)
    doctor = json.loads(faces.run(["tasker-ci", "doctor", "--json"], project).stdout)
    (found,) = [each for each in doctor["checks"] if each["check"] == "typos"]
    assert found["state"] == "ok"
    assert "+ typos" in faces.run(["tasker-ci", "ci", "--dry-run"], project).text
