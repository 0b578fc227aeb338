"""What git says has changed, in real repositories."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.sessions.affected.changes import Repository, Uncertain, candidates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=T", "-c", "user.email=t@localhost")
    command = ["git", *identity, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def commit(folder: Path, **files: str) -> str:
    workspaces.write_files(folder, {name.replace("__", "/"): text for name, text in files.items()})
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "x")
    return git(folder, "rev-parse", "HEAD").strip()


def at(folder: Path) -> Repository:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CEILING_DIRECTORIES": "/"}
    return Repository(folder=folder, runner=ProcessRunner(Cancellation()), environment=environment)


@pytest.fixture
def repository(tmp_path: Path, require_tool: Callable[[str], Path]) -> Path:
    require_tool("git")
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, a__x="1", a__y="1", b="1")
    return folder


def test_committed_uncommitted_and_new_files_count_ignored_ones_do_not(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "work")
    commit(repository, a__x="2", **{".gitignore": "ignored\n"})
    workspaces.write_files(repository, {"a/y": "2", "new file": "", "ignored": "", "a/ü": ""})
    git(repository, "add", "a/y")
    changes = at(repository).changes_since("main")
    assert changes.files == (".gitignore", "a/x", "a/y", "a/ü", "new file")
    assert changes.top == repository


def test_paths_are_relative_to_the_repository_wherever_one_stands(repository: Path) -> None:
    workspaces.write_files(repository, {"b": "2", "a/z": ""})
    assert at(repository / "a").changes_since("main").files == ("a/z", "b")


def test_a_renamed_file_has_both_its_names_and_a_deleted_one_its_own(repository: Path) -> None:
    git(repository, "mv", "a/x", "c")
    (repository / "b").unlink()
    assert at(repository).changes_since("main").files == ("a/x", "b", "c")


def test_what_came_into_the_base_meanwhile_does_not_count(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "work")
    commit(repository, a__x="2")
    git(repository, "checkout", "--quiet", "main")
    commit(repository, b="2")
    git(repository, "checkout", "--quiet", "work")
    assert at(repository).changes_since("main").files == ("a/x",)


def test_a_file_as_it_was(repository: Path) -> None:
    changed = commit(repository, b="2")
    assert at(repository).content(changed, "b") == "2"
    assert at(repository).content(f"{changed}~1", "b") == "1"
    assert at(repository).content(changed, "absent") is None


def test_no_change_is_uncertain_because_something_must_have_been_meant(repository: Path) -> None:
    with pytest.raises(Uncertain, match="nothing differs from main"):
        at(repository).changes_since("main")


@pytest.mark.parametrize("base", ["no-such-branch", "--help", "-x", "", "HEAD:a"])
def test_a_base_that_git_does_not_find_is_uncertain(repository: Path, base: str) -> None:
    with pytest.raises(Uncertain):
        at(repository).changes_since(base)


def test_a_base_that_git_does_not_find_is_named(repository: Path) -> None:
    with pytest.raises(Uncertain, match="git does not know the base 'no-such-branch'"):
        at(repository).changes_since("no-such-branch")


def test_a_submodule_that_git_is_told_to_ignore_counts(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet", "--initial-branch", "main")
    first = commit(other, x="1")
    commit(other, x="2")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "add", other.as_uri(), "sub")
    git(repository, "config", "--file", ".gitmodules", "submodule.sub.ignore", "all")
    base = commit(repository)
    git(repository / "sub", "checkout", "--quiet", first)
    assert at(repository).changes_since(base).files == ("sub",)


def test_histories_that_share_nothing_are_uncertain(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--orphan", "other")
    commit(repository, b="2")
    with pytest.raises(Uncertain, match="no common commit \\(they share no history\\)"):
        at(repository).changes_since("main")


def test_a_shallow_clone_says_that_it_is_one(repository: Path, tmp_path: Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "work")
    commit(repository, a__x="2")
    git(repository, "checkout", "--quiet", "main")
    commit(repository, a__x="3")
    clone = tmp_path / "clone"
    url = repository.as_uri()
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", url, str(clone))
    git(clone, "checkout", "--quiet", "work")
    with pytest.raises(Uncertain, match="shallow"):
        at(clone).changes_since("origin/main")


def test_outside_of_a_repository_is_uncertain(
    tmp_path: Path, require_tool: Callable[[str], Path]
) -> None:
    require_tool("git")
    with pytest.raises(Uncertain, match="rev-parse"):
        at(tmp_path).changes_since("main")


def test_without_git_is_uncertain(repository: Path, tmp_path: Path) -> None:
    runner = ProcessRunner(Cancellation())
    without = Repository(folder=repository, runner=runner, environment={"PATH": str(tmp_path)})
    with pytest.raises(Uncertain, match="git is not installed"):
        without.changes_since("main")


def test_the_remote_s_main_branch_is_the_default(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(Uncertain, match="there is no base"):
        at(repository).default_base()
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(repository), str(clone))
    assert at(clone).default_base() == "origin/HEAD"
    git(clone, "remote", "set-head", "origin", "--delete")
    assert at(clone).default_base() == "origin/main"


@pytest.mark.parametrize(
    ("flag", "setting", "environment", "expected"),
    [
        ("v1", "trunk", {"GITHUB_EVENT_NAME": "push"}, ["v1"]),
        (None, "trunk", {}, ["trunk"]),
        (None, "", {}, []),
        (None, "trunk", {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "release/1"},
         ["origin/release/1"]),
        (None, "", {"GITHUB_EVENT_NAME": "pull_request"}, []),
    ],
)  # fmt: skip
def test_which_base_is_taken(
    flag: str | None, setting: str, environment: dict[str, str], expected: list[str]
) -> None:
    assert [*candidates(flag, setting, environment)] == expected


@pytest.mark.parametrize("event", ["push", "merge_group", "schedule", "workflow_dispatch"])
def test_every_event_but_a_pull_request_runs_everything(event: str) -> None:
    with pytest.raises(Uncertain, match=f"the event {event} runs everything"):
        [*candidates(None, "trunk", {"GITHUB_EVENT_NAME": event})]


def test_named_files_are_taken_as_they_are_and_one_elsewhere_is_uncertain(
    repository: Path,
) -> None:
    changes = at(repository).named([repository / "a" / "x"])
    assert changes.files == ("a/x",)
    assert len(changes.commit) == 40
    with pytest.raises(Uncertain, match="is not in the repository"):
        at(repository).named([repository.parent / "other"])
