"""Which folders settings may name for what we write and prune."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import SettingsError, UsageError
from tasker_ci.sessions.bench.folders import bench_folders
from tasker_ci.sessions.history.folders import history_folders
from tasker_ci.tools.kept_folders import kept_within, named_place
from tests.unit.sessions.history.test_recording import context

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.context import Context


def named(project: Path, folder: str, **environment: str) -> Context:
    """The context of a project whose settings name this folder for both."""
    (project / ".config").mkdir(exist_ok=True)
    text = f"[history]\nfolder = {folder!r}\n[bench]\nfolder = {folder!r}\n"
    (project / ".config/tasker-ci.toml").write_text(text, encoding="utf-8")
    return context(project, **environment)


def refused(project: Path, folder: str, **environment: str) -> str:
    """The reason against a folder, the same for both settings."""
    given = named(project, folder, **environment)
    with pytest.raises(SettingsError) as bench:
        bench_folders(given)
    with pytest.raises(SettingsError) as caught:
        history_folders(given)
    assert caught.value.exit_code == 2
    assert ".config/tasker-ci.toml" in caught.value.next_step
    assert "`history.folder`" in caught.value.message
    assert "`bench.folder`" in bench.value.message
    return caught.value.message


@pytest.mark.parametrize(
    "folder",
    [
        *("/", "/etc", "/backups", "..", "../other", ".", "", "a/../..", "./", "a/.."),
        *(".git", ".git/hooks", ".GIT", "sub/.git", ".github", ".config", ".cargo"),
        *("src", "src/history", "crates/one/src", "~", "//etc"),
    ],
)
def test_what_is_not_ours_is_refused(tmp_path: Path, folder: str) -> None:
    if folder == "~":  # no tilde is expanded: it is a folder of that name
        assert history_folders(named(tmp_path, folder))[0] == tmp_path / "~"
        return
    assert repr(folder) in refused(tmp_path, folder)


@pytest.mark.parametrize("folder", [".tasker-ci/history", "kept", "a/b/c", "target/kept", "a/../b"])
def test_a_folder_of_its_own_is_taken(tmp_path: Path, folder: str) -> None:
    given = named(tmp_path, folder)
    usual, instead = history_folders(given)
    assert usual == tmp_path / os.path.normpath(folder)
    assert instead == tmp_path / "target/tasker-ci/history"
    assert kept_within(given, usual) == kept_within(given, instead) == tmp_path


def test_the_cache_of_the_user_is_taken_and_not_all_of_it(tmp_path: Path) -> None:
    project, cache = tmp_path / "project", tmp_path / "cache"
    project.mkdir()
    given = named(project, str(cache / "ci"), XDG_CACHE_HOME=str(cache))
    assert history_folders(given)[0] == cache / "ci"
    assert kept_within(given, cache / "ci") == cache
    refused(project, str(cache), XDG_CACHE_HOME=str(cache))
    home = named(project, str(tmp_path / ".cache/ci"), HOME=str(tmp_path))
    assert history_folders(home)[0] == tmp_path / ".cache/ci"
    refused(project, str(tmp_path / "documents"), HOME=str(tmp_path))


@pytest.mark.parametrize("link", [".tasker-ci", ".tasker-ci/history"])
@pytest.mark.parametrize("inside", [True, False])
def test_a_link_is_refused(tmp_path: Path, link: str, *, inside: bool) -> None:
    project = tmp_path / "project"
    elsewhere = project / "docs" if inside else tmp_path / "backups"
    elsewhere.mkdir(parents=True)
    (project / link).parent.mkdir(parents=True, exist_ok=True)
    (project / link).symlink_to(elsewhere)
    assert f"{project / link} is a link to" in refused(project, ".tasker-ci/history")


def test_a_folder_with_code_or_with_tracked_files_is_refused(tmp_path: Path) -> None:
    for name in ("crate", "docs", "own"):
        (tmp_path / name).mkdir()
    (tmp_path / "crate/Cargo.toml").touch()
    (tmp_path / "docs/guide.md").touch()
    (tmp_path / "own/README.md").touch()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "docs"], cwd=tmp_path, check=True)
    assert "Cargo.toml" in refused(tmp_path, "crate")
    assert "docs/guide.md" in refused(tmp_path, "docs")
    assert history_folders(named(tmp_path, "own"))[0] == tmp_path / "own"


def test_a_flag_names_any_place_and_in_the_checkout_no_link_is_followed(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    given = context(project)
    assert named_place(given, "out") == (project / "out", project)
    assert named_place(given, "a/../out/./b") == (project / "out/b", project)
    assert named_place(given, str(project / "out")) == (project / "out", project)
    assert named_place(given, ".") == (project, project)
    assert named_place(given, "../out") == (tmp_path / "out", tmp_path / "out")


@pytest.mark.parametrize("name", [".git", ".git/hooks", "sub/.GIT/x", "out/../.git"])
def test_no_flag_names_a_folder_of_git(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="belongs to git"):
        named_place(context(tmp_path), name)
