"""`affected` and `unit --affected` in real repositories, with real cargo and nextest."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faces
import pytest
import workspaces

from tasker_ci.reports.junit import read_junit

if TYPE_CHECKING:
    from collections.abc import Callable

TEST = "\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn passes() {}\n}\n"

FILES = {
    "Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["base", "user", "alone", "untested"]\n',
    "base/Cargo.toml": workspaces.manifest("base"),
    "base/src/lib.rs": f"//! Base.\n{TEST}",
    "user/Cargo.toml": workspaces.manifest("user", '[dependencies]\nbase = { path = "../base" }\n'),
    "user/src/lib.rs": f"//! User.\n{TEST}",
    "alone/Cargo.toml": workspaces.manifest("alone"),
    "alone/src/lib.rs": f"//! Alone.\n{TEST}",
    "untested/Cargo.toml": workspaces.manifest("untested"),
    "untested/src/lib.rs": "//! Without tests.\n",
    "README.md": "",
    ".gitignore": "/target\n",
}


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=T", "-c", "user.email=t@localhost")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True)


@pytest.fixture
def project(cargo_workspace: Callable[..., Path], require_tool: Callable[[str], Path]) -> Path:
    """A repository with one commit on `main`, and a branch for changes."""
    require_tool("git")
    folder = cargo_workspace(FILES)
    (folder / "src" / "lib.rs").unlink()
    environment = faces.clean_environment()
    subprocess.run(["cargo", "generate-lockfile"], cwd=folder, env=environment, check=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "x")
    git(folder, "checkout", "--quiet", "-b", "work")
    return folder


def git_output(folder: Path, *words: str) -> str:
    command = ["git", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def run(project: Path, *words: str, **environment: str) -> tuple[int, dict[str, Any], str]:
    argv = ["tasker-ci", *words, "--json"]
    ended = faces.run(argv, project, faces.clean_environment(**environment))
    return ended.exit_code, json.loads(ended.stdout), ended.stderr


def suites_of(data: dict[str, Any]) -> set[str]:
    return {case.suite for case in read_junit(Path(data["report"])).cases}


def change(project: Path, name: str, text: str = "// Changed.\n") -> None:
    file = project / name
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    workspaces.write_files(project, {name: before + text})


def test_each_package_comes_with_its_reason(project: Path) -> None:
    change(project, "base/src/lib.rs", "mod odd;\n")
    os.mkfifo(project / "base" / "src" / "odd.rs")
    exit_code, data, text = run(project, "affected", "--base", "main")
    assert exit_code == 0
    assert "base/src/odd.rs is not read: it is no regular file." in text
    assert data["packages"] == [
        {"package": "base", "reasons": ["base/src/lib.rs changed"]},
        {"package": "user", "reasons": ["depends on base"]},
    ]
    assert data["left_out"] == ["alone", "untested"]
    assert data["summary"] == "2 of 4 packages"
    assert "not affected: alone, untested" in text


def test_a_patched_package_affects_who_names_the_registry(project: Path) -> None:
    change(project, "Cargo.toml", '[patch.crates-io]\nbase = { path = "base" }\n')
    change(project, "alone/Cargo.toml", '[dependencies]\nbase = "0"\n')
    lock = (project / "Cargo.lock").read_text(encoding="utf-8")  # as cargo would write it
    alone = 'name = "alone"\nversion = "0.1.0"\n'
    (project / "Cargo.lock").write_text(lock.replace(alone, f'{alone}dependencies = ["base"]\n'))
    git(project, "commit", "--quiet", "--all", "-m", "y")
    change(project, "base/src/lib.rs")
    _, data, _ = run(project, "affected", "--base", "HEAD")
    reasons = {each["package"]: each["reasons"] for each in data["packages"]}
    assert reasons["alone"] == ["depends on base, as Cargo.lock says"]
    assert reasons["user"] == ["depends on base"]
    assert data["left_out"] == ["untested"]


@pytest.mark.parametrize("path", ["Cargo.lock", "strange.txt", ".config/nextest.toml"])
def test_what_is_not_certain_is_everything(project: Path, path: str) -> None:
    change(project, path, "\n")
    _, data, _ = run(project, "affected", "--base", "main")
    assert data["everything"]
    assert path in data["reason"]
    assert data["left_out"] == []


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        (("--base", "no-such-branch"), {}),
        ((), {}),
        ((), {"GITHUB_EVENT_NAME": "push"}),
        ((), {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "gone"}),
    ],
)
def test_trouble_with_git_is_everything(
    project: Path, words: tuple[str, ...], environment: dict[str, str]
) -> None:
    change(project, "alone/src/lib.rs")
    exit_code, data, _ = run(project, "affected", *words, **environment)
    assert exit_code == 0
    assert data["everything"]
    assert data["reason"]


def test_a_variable_that_leads_git_elsewhere_is_not_obeyed(project: Path) -> None:
    """A hook of git hands its own over, and they may mean another work tree."""
    change(project, "alone/src/lib.rs")
    variables = {"GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/", "GIT_INDEX_FILE": "/nowhere/index"}
    _, data, _ = run(project, "affected", "--base", "main", **variables)
    assert data["changed"] == ["alone/src/lib.rs"]


def test_a_pull_request_is_held_against_the_branch_it_goes_to(project: Path) -> None:
    git(project, "update-ref", "refs/remotes/origin/main", "main")
    change(project, "alone/src/lib.rs")
    event = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}
    _, data, _ = run(project, "affected", **event)
    assert [each["package"] for each in data["packages"]] == ["alone"]
    _, data, _ = run(project, "affected", "--set", "affected.base=main")
    assert [each["package"] for each in data["packages"]] == ["alone"]


def test_a_rule_names_a_package_that_is_there(project: Path) -> None:
    rule = '[[affected.rules]]\npaths = ["*.txt"]\naffects = ["alonee"]\nreason = "read by it"\n'
    change(project, ".config/tasker-ci.toml", rule)
    exit_code, data, _ = run(project, "affected", "--base", "main")
    assert exit_code == 2
    assert "no package alonee. Did you mean `alone`?" in data["summary"]


def test_unit_builds_all_and_runs_the_tests_of_affected_packages(
    project: Path, require_tool: Callable[[str], Path]
) -> None:
    require_tool("cargo-nextest")
    change(project, "base/src/lib.rs")
    exit_code, data, text = run(project, "unit", "--affected", "--base", "main")
    assert exit_code == 0, text
    assert suites_of(data) == {"base", "user"}
    assert "--workspace" in text
    assert "-E 'package(=base) + package(=user)'" in text
    assert "--package" not in text, "it would be built with other features"
    exit_code, data, _ = run(
        project, "unit", "--affected", "--base", "main", "--filter", "package(user)"
    )
    assert (exit_code, suites_of(data)) == (0, {"user"})


def test_unit_runs_everything_where_everything_is_affected(
    project: Path, require_tool: Callable[[str], Path]
) -> None:
    require_tool("cargo-nextest")
    change(project, "strange.txt")
    _, data, text = run(project, "unit", "--affected", "--base", "main")
    assert suites_of(data) == {"base", "user", "alone"}
    assert "every package is affected: strange.txt changed" in text


def test_unit_does_nothing_where_nothing_is_affected(project: Path) -> None:
    change(project, "README.md")
    exit_code, data, _ = run(project, "unit", "--affected", "--base", "main")
    assert (exit_code, data["status"]) == (0, "skipped")
    assert data["summary"] == "affected: none of 4 packages"
    assert not (project / "target").exists()


def test_that_nothing_is_affected_is_said_with_what_was_compared_and_why(
    project: Path, run_face: Callable[..., faces.Ended], tmp_path: Path
) -> None:
    change(project, "README.md")
    change(project, "base/Cargo.toml", "# A comment.\n")
    exit_code, data, text = run(project, "affected", "--base", "main")
    assert (exit_code, data["summary"]) == (0, "none of 4 packages")
    assert data["packages"] == []
    assert data["left_out"] == ["base", "user", "alone", "untested"]
    assert "because" not in text, "a table without a row"
    commit = git_output(project, "rev-parse", "main")[:10]
    assert f"no package is affected: 2 files differ from main (from {commit} on); no test" in text
    assert "README.md (documentation), base/Cargo.toml (its values are as they were)" in text
    page = tmp_path / "summary.md"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
    run_face("tasker-ci", "affected", "--base", "main", cwd=project, **github)
    assert "no package is affected" in page.read_text(encoding="utf-8")


def test_a_rule_that_affects_nothing_says_so_with_its_reason(project: Path) -> None:
    rule = '[[affected.rules]]\npaths = ["notes/*"]\naffects = []\nreason = "for people"\n'
    change(project, ".config/tasker-ci.toml", rule)
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "y")
    change(project, "notes/one.txt")
    _, _, text = run(project, "affected", "--base", "HEAD")
    assert "no test depends on notes/one.txt (for people (affected.rules))" in text


def test_affected_packages_without_tests_are_no_failure_a_filter_without_any_is(
    project: Path, require_tool: Callable[[str], Path]
) -> None:
    require_tool("cargo-nextest")
    change(project, "untested/src/lib.rs")
    exit_code, data, text = run(project, "unit", "--affected", "--base", "main")
    assert exit_code == 0, text
    assert data["passed"] == 0
    words = ("unit", "--affected", "--base", "main", "--filter", "test(absent)")
    assert run(project, *words)[0] == 4


def test_doctest_builds_all_and_runs_the_doctests_of_affected_packages(project: Path) -> None:
    example = "/// ```\n/// assert_eq!(1, 1);\n/// ```\npub fn documented() {}\n"
    for name in ("base", "user", "alone"):
        change(project, f"{name}/src/lib.rs", example)
    git(project, "commit", "--quiet", "--all", "-m", "y")
    change(project, "base/src/lib.rs")
    exit_code, data, text = run(project, "doctest", "--affected", "--base", "HEAD")
    assert exit_code == 0, text
    cases = read_junit(Path(data["report"])).cases
    assert sorted(case.name.partition("/")[0] for case in cases) == ["base", "user"]
    assert "--workspace" in text
    assert "--skip alone/src/ --skip untested/src/" in text
    assert "--package" not in text, "it would be built with other features"


def test_a_doctest_of_an_affected_package_that_fails_comes_with_its_line(project: Path) -> None:
    wrong = "/// ```\n/// assert_eq!(1, 2);\n/// ```\npub fn documented() {}\n"
    change(project, "user/src/lib.rs", wrong)
    exit_code, data, _ = run(project, "doctest", "--affected", "--base", "main")
    assert exit_code == 101
    (failure,) = data["failures"]
    again = faces.run(shlex.split(failure["rerun"]), project)
    assert "0 passed; 1 failed" in again.stdout


def test_doctest_does_nothing_where_no_doctest_is_affected(project: Path) -> None:
    change(project, "README.md")
    exit_code, data, text = run(project, "doctest", "--affected", "--base", "main")
    assert (exit_code, data["status"]) == (0, "skipped")
    assert data["summary"] == "affected: none of 4 packages, and no doctest"
    assert "README.md (documentation)" in text
    change(project, "base/src/lib.rs")
    words = ("doctest", "--affected", "--base", "main", "--package", "alone")
    assert run(project, *words)[1]["summary"] == "affected: 2 of 4 packages, and no doctest"
    exit_code, data, _ = run(project, *words[:-1], "alonee")
    assert exit_code == 101
    assert "no package alonee" in data["summary"]
    exit_code, data, _ = run(project, "doctest", "--base", "main")
    assert (exit_code, data["summary"][:6]) == (2, "--base")


@pytest.mark.parametrize(
    "words", [("--base", "main"), ("--affected", "--", "-E", "test(a)")], ids=["alone", "filterset"]
)
def test_words_that_do_not_go_together(project: Path, words: tuple[str, ...]) -> None:
    argv = ["tasker-ci", "unit", "--json", *words]
    ended = faces.run(argv, project, faces.clean_environment())
    assert ended.exit_code == 2
