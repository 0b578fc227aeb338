"""`workflows --pins`: real git asks real repositories, which stand where GitHub's would be."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

from tasker_ci.workflows.pins import package_pins

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REPOSITORIES = sorted({"/".join(name.split("/")[:2]) for name in package_pins()})
ANNOTATED = "actions/checkout"
GIT = ("git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.org")


def git(folder: Path, *words: str) -> str:
    return subprocess.run(
        [*GIT, *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def server(tmp_path: Path) -> dict[str, str]:
    """A repository for each action, with the tag v1.2.3: its commit."""
    commits = {}
    for name in REPOSITORIES:
        folder = tmp_path / "server" / name
        folder.mkdir(parents=True)
        git(folder, "init", "--quiet")
        git(folder, "commit", "--quiet", "--allow-empty", "--message", name)
        annotation = ("--annotate", "--message", "1.2.3") if name == ANNOTATED else ()
        git(folder, "tag", *annotation, "v1.2.3")
        git(folder, "tag", "v1.2.30", "HEAD")
        commits[name] = git(folder, "rev-parse", "HEAD")
    return commits


def verify(tmp_path: Path, commits: Mapping[str, str], version: str = "v1.2.3") -> faces.Ended:
    rows = (
        f"[pins.'{name}']\nversion = '{version}'\n"
        f"commit = '{commits['/'.join(name.split('/')[:2])]}'\n"
        for name in package_pins()
    )
    project = workspaces.write_project(tmp_path / "project", {})
    workspaces.write_files(project, {".config/tasker-ci.toml": "".join(rows)})
    configuration = tmp_path / "gitconfig"
    place = (tmp_path / "server").as_uri()
    configuration.write_text(
        f'[url "{place}/"]\n\tinsteadOf = https://github.com/\n', encoding="utf-8"
    )
    environment = faces.clean_environment(GIT_CONFIG_GLOBAL=str(configuration))
    return faces.run(["tasker-ci", "workflows", "--pins", "--json"], project, environment)


def test_every_pin_is_the_commit_of_its_tag_annotated_or_not(
    tmp_path: Path, server: dict[str, str]
) -> None:
    ended = verify(tmp_path, server)

    assert ended.exit_code == 0, ended.text
    document = json.loads(ended.stdout)
    assert len(document["verified"]) == len(package_pins())
    assert (document["wrong"], document["unread"]) == ([], [])


def test_the_object_of_an_annotated_tag_is_no_commit_to_pin(
    tmp_path: Path, server: dict[str, str]
) -> None:
    tag = git(tmp_path / "server" / ANNOTATED, "rev-parse", "refs/tags/v1.2.3")

    ended = verify(tmp_path, {**server, ANNOTATED: tag})

    assert ended.exit_code == 1
    (wrong,) = json.loads(ended.stdout)["wrong"]
    assert wrong == f"{ANNOTATED}: v1.2.3 is {server[ANNOTATED]}, the pin is {tag}"


def test_a_version_without_a_tag_is_wrong(tmp_path: Path, server: dict[str, str]) -> None:
    ended = verify(tmp_path, server, "v1.2")

    assert ended.exit_code == 1
    assert f"{ANNOTATED} has no tag v1.2" in ended.text


def test_what_could_not_be_asked_is_not_verified(tmp_path: Path, server: dict[str, str]) -> None:
    (tmp_path / "server" / ANNOTATED).rename(tmp_path / "away")

    ended = verify(tmp_path, server)

    assert ended.exit_code == 1
    document = json.loads(ended.stdout)
    assert document["not_checked"]
    assert [row.partition(":")[0] for row in document["unread"]] == [ANNOTATED]
    assert "GitHub could not be asked for 1 repository" in ended.text
    assert f"{len(package_pins()) - 1} pins verified" in ended.text
