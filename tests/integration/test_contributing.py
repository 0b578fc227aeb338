"""A new session really is as short as CONTRIBUTING.md shows it: its examples, tried out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import repositories

ROOT = Path(__file__).parent.parent.parent


def examples(title: str, language: str) -> list[str]:
    """The blocks of one language in a section of CONTRIBUTING.md."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def write_example(folder: Path, example: str, name: str = "") -> Path:
    """Write an example where its first line says, or as ``name``."""
    place = name or example.partition("\n")[0].removeprefix("# ")
    file = folder / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(example, encoding="utf-8")
    return file


@pytest.fixture
def extended(tmp_path: Path) -> Path:
    """A copy of the package with the example's files and name put where CONTRIBUTING.md says."""
    *files, name = examples("A new session of tasker-ci", "python")
    shutil.copytree(ROOT / "tasker_ci", tmp_path / "tasker_ci")
    sessions = tmp_path / "tasker_ci" / "sessions"
    for file in files:
        write_example(tmp_path, file)
    registry = (sessions / "__init__.py").read_text(encoding="utf-8")
    assert registry.count("_NAMES = (\n") == 1
    extended = registry.replace("_NAMES = (\n", "_NAMES = (\n" + name.partition("\n")[2])
    (sessions / "__init__.py").write_text(extended, encoding="utf-8")
    (tmp_path / "Cargo.toml").write_text("[package]\nname = 'sample'\nversion = '0.1.0'\n")
    (tmp_path / "noxfile.py").write_text("import tasker_ci\n\ntasker_ci.register_sessions()\n")
    return tmp_path


def python_path(folder: Path) -> str:
    """The extended package, before what else tests import from."""
    return os.pathsep.join([str(folder), os.environ["PYTHONPATH"]])


def run(folder: Path, *arguments: str) -> str:
    completed = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": python_path(folder), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def test_the_new_session_runs_with_its_flag(extended: Path) -> None:
    printed = run(extended, "tasker_ci", "machete", "--fix", "--dry-run", "--json")
    (command,) = json.loads(printed)["commands"]
    assert command["argv"] == ["cargo", "machete", "--fix"]


def test_the_new_session_has_its_setting(extended: Path) -> None:
    changed = ("--set", 'dependencies.exclude=["one"]', "--dry-run", "--json")
    (command,) = json.loads(run(extended, "tasker_ci", "machete", *changed))["commands"]
    assert command["argv"] == ["cargo", "machete", "--exclude=one"]
    schema = json.loads(run(extended, "tasker_ci", "settings", "--schema"))
    assert "exclude" in schema["properties"]["dependencies"]["properties"]


def test_the_new_session_has_its_line_in_doctor(extended: Path) -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "tasker_ci", "doctor", "--json"],
        cwd=extended,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": python_path(extended), "HOME": str(extended)},
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = (
        each for each in json.loads(completed.stdout)["checks"] if each["check"] == "cargo-machete"
    )
    assert line["fix"] == "tasker-ci tools --tool cargo-machete"


def test_the_new_session_has_its_steps_on_github(extended: Path) -> None:
    run(extended, "tasker_ci", "sync")
    steps = (extended / ".github/workflows/code-quality.yml").read_text(encoding="utf-8")
    assert "exec nox -s tools -- --tool cargo-machete\n" in steps
    assert "exec nox -s machete\n" in steps


def test_the_new_session_is_part_of_the_pipeline_and_of_a_bare_nox(extended: Path) -> None:
    listed = run(extended, "nox", "-l")
    assert "* machete [quality] -> Find dependencies that nobody uses (cargo machete)." in listed
    pipeline = json.loads(run(extended, "tasker_ci", "ci", "--dry-run", "--json"))
    assert "machete" in [session["session"] for session in pipeline["sessions"]]


def test_the_new_session_has_the_same_help_everywhere(extended: Path) -> None:
    assert "Remove them from the manifests." in run(extended, "tasker_ci", "--help", "machete")
    assert "Remove them from the manifests." in run(
        extended, "nox", "-s", "machete", "--", "--help"
    )


def test_a_tool_that_is_not_there_is_no_finding(extended: Path) -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "tasker_ci", "machete", "--json"],
        cwd=extended,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": python_path(extended), "HOME": str(extended)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode != 0
    assert json.loads(completed.stdout)["summary"] == "cargo-machete is not installed."


OWN = "A session of a project's own"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one Rust file, no header in it, and nothing of tasker-ci."""
    return repositories.repository(
        tmp_path / "project",
        {
            "Cargo.toml": "[package]\nname = 'sample'\nversion = '0.1.0'\nedition = '2021'\n",
            "src/lib.rs": "// A library\n",
            "noxfile.py": "import tasker_ci\n\ntasker_ci.register_sessions()\n",
        },
    )


@pytest.fixture
def with_own_sessions(project: Path) -> Path:
    """The project with the example's settings, its function and its test."""
    settings, _ = examples(OWN, "toml")
    function, test = examples(OWN, "python")
    for example in (settings, function, test):
        write_example(project, example)
    return project


def fails(folder: Path, *arguments: str, path: Path | None = None) -> tuple[int, dict[str, object]]:
    completed = subprocess.run(
        [sys.executable, "-m", "tasker_ci", *arguments, "--json"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(path or "")},
        capture_output=True,
        text=True,
        check=False,
    )
    return completed.returncode, json.loads(completed.stdout)


def test_a_function_of_the_project_is_a_session(with_own_sessions: Path) -> None:
    code, result = fails(with_own_sessions, "headers")
    assert (code, result["summary"]) == (1, "No header in src/lib.rs.")
    assert result["next_step"] == "Begin with '// Copyright'."
    printed = run(with_own_sessions, "tasker_ci", "headers", "--begin", "// A", "--json")
    assert json.loads(printed)["summary"] == "every file has its header"
    assert json.loads(printed)["files"] == ["src/lib.rs"]


def test_sessions_of_the_project_are_in_every_list(with_own_sessions: Path) -> None:
    listed = run(with_own_sessions, "nox", "-l")
    assert "* headers [own] -> Check that every Rust file says whose it is." in listed
    assert "* taplo [own] -> Check the format of TOML files (taplo)." in listed
    assert "How each file begins." in run(with_own_sessions, "tasker_ci", "--help", "headers")
    pipeline = json.loads(run(with_own_sessions, "tasker_ci", "ci", "--dry-run", "--json"))
    assert {"headers", "taplo"} <= {session["session"] for session in pipeline["sessions"]}


def test_a_command_of_the_project_is_a_session(with_own_sessions: Path) -> None:
    printed = run(with_own_sessions, "tasker_ci", "taplo", "--dry-run", "--json")
    assert [each["argv"] for each in json.loads(printed)["commands"]] == [
        ["taplo", "fmt", "--check"]
    ]
    code, result = fails(with_own_sessions, "taplo")
    assert (code, result["summary"]) == (3, "taplo is not installed.")
    assert "cargo install --locked taplo-cli" in str(result["next_step"])


def test_the_test_of_the_function_passes_and_can_fail(with_own_sessions: Path) -> None:
    assert "1 passed" in run(with_own_sessions, "pytest", "-q", "tests/test_headers.py")
    functions = with_own_sessions / "ci_sessions.py"
    functions.write_text(functions.read_text("utf-8").replace("if without:", "if not without:"))
    with pytest.raises(AssertionError):
        run(with_own_sessions, "pytest", "-q", "tests/test_headers.py")


def test_what_a_function_and_its_test_import_has_types(with_own_sessions: Path) -> None:
    checked = run(with_own_sessions, "mypy", "--strict", "ci_sessions.py", "tests/test_headers.py")
    assert "no issues found in 2 source files" in checked
    functions = with_own_sessions / "ci_sessions.py"
    functions.write_text(functions.read_text("utf-8").replace("Outcome(summary=", "Outcome(sum="))
    with pytest.raises(AssertionError):
        run(with_own_sessions, "mypy", "--strict", "ci_sessions.py")


def test_the_same_function_comes_with_a_package(project: Path, tmp_path: Path) -> None:
    _, manifest = examples(OWN, "toml")
    function, _ = examples(OWN, "python")
    points = tomllib.loads(manifest)["project"]["entry-points"]
    installed = tmp_path / "site-packages"
    write_example(installed, function, "house_rules/sessions.py")
    information = installed / "house_rules-1.0.dist-info"
    write_example(
        installed,
        "Metadata-Version: 2.1\nName: house-rules\nVersion: 1.0\n",
        f"{information.name}/METADATA",
    )
    lines = [
        line
        for group, names in points.items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in names.items()))
    ]
    write_example(installed, "\n".join(lines) + "\n", f"{information.name}/entry_points.txt")
    code, result = fails(project, "headers", path=installed)
    assert (code, result["summary"]) == (1, "No header in src/lib.rs.")
