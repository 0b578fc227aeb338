"""Compose projects that a forged record names: only what has our labels is ended.

The engine, Compose and all containers are real.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import compose_projects
import compose_runs
import pytest
from forged_runs import NAME, forge
from session_processes import call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COMPOSE = """\
services:
  theirs:
    image: {image}
    init: true
    command: ["sleep", "600"]
    volumes: ["precious:/data"]
volumes:
  precious:
"""


@pytest.fixture
def make(base_image: str, tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Make a project with one service by its name; nothing of it stays."""
    made: list[Path] = []

    def begin(name: str) -> Path:
        folder = compose_projects.write_services(tmp_path / name)
        compose_projects.only_the_service(folder)
        made.append(folder)
        return folder

    yield begin
    for folder in made:
        if compose_projects.remains(folder):
            call(folder, "down", "--all")


@pytest.fixture
def theirs(base_image: str, tmp_path: Path) -> Iterator[str]:
    """A Compose project of somebody else that has the name of a run, and a volume."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "compose.yml").write_text(COMPOSE.format(image=base_image), encoding="utf-8")
    compose = ("docker", "compose", "--file", str(folder / "compose.yml"), "--project-name", NAME)
    subprocess.run([*compose, "up", "--detach"], check=True, capture_output=True)
    yield NAME
    subprocess.run([*compose, "down", "--volumes", "--timeout", "0"], check=True)


def resources(run: str) -> list[str]:
    label = f"label=com.docker.compose.project={run}"
    return [
        compose_runs.docker(kind, "ls", "--quiet", "--filter", label)
        for kind in ("container", "network", "volume")
    ]


@pytest.mark.parametrize("arguments", [(), ("--all",)])
def test_a_project_of_somebody_else_with_the_name_of_a_run_stays(
    make: Callable[[str], Path], theirs: str, arguments: tuple[str, ...]
) -> None:
    project = make("project")
    forge(project, kind="compose")
    before = resources(theirs)
    assert all(before)
    ended = call(project, "down", *arguments)
    assert ended.exit_code == 1, ended.text
    assert f"The Compose project {theirs} has 1 container, 1 network, 1 volume" in ended.text
    assert resources(theirs) == before


@pytest.mark.parametrize("kind", ["compose", "native"])
@pytest.mark.parametrize("stack", ["compose", "native"])
def test_the_run_of_another_project_is_not_ended_by_its_name(
    make: Callable[[str], Path], kind: str, stack: str
) -> None:
    other, project = make("other"), make("project")
    up = call(other, "up", "--stack", stack)
    assert up.exit_code == 0, up.text
    (run,) = (other / "target/tasker-ci/runs").iterdir()
    forge(project, run.name, kind=kind)
    call(project, "down", "--all")
    states = json.loads(call(other, "ps", "--json").stdout)["services"]
    assert {each["health"] for each in states} == {"HTTP 200"}
    ended = call(other, "down")
    assert ended.exit_code == 0, ended.text
    assert not compose_projects.remains(other)


@pytest.mark.usefixtures("leaves_lost_runs")
@pytest.mark.parametrize("name", ["other", "project"])
def test_a_project_that_was_moved_ends_its_stack(
    make: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    """No other project ends it, also one that lies now where the moved one was."""
    project = make("project")
    assert call(project, "up", "--stack", "compose").exit_code == 0
    (run,) = (project / "target/tasker-ci/runs").iterdir()
    moved = tmp_path / "moved"
    project.rename(moved)
    other = make(name)
    shown = call(other, "ps")
    assert f"docker compose --project-name {run.name} down --volumes" in shown.text
    call(other, "down", "--all")
    assert resources(run.name)[0]
    assert run.name in call(moved, "ps").text
    ended = call(moved, "down")
    assert ended.exit_code == 0, ended.text
    assert not any(resources(run.name))


@pytest.mark.usefixtures("leaves_lost_runs")
def test_a_moved_project_ends_its_stack_without_its_target_folder(
    make: Callable[[str], Path], tmp_path: Path
) -> None:
    project = make("project")
    assert call(project, "up", "--stack", "compose").exit_code == 0
    (run,) = (project / "target/tasker-ci/runs").iterdir()
    moved = tmp_path / "moved"
    project.rename(moved)
    shutil.rmtree(moved / "target")
    other = make("project")
    ended = call(other, "down", "--all")
    assert ended.exit_code == 0, ended.text
    assert resources(run.name)[0]
    ended = call(moved, "down", "--all")
    assert ended.exit_code == 0, ended.text
    assert not any(resources(run.name))


@pytest.mark.usefixtures("leaves_lost_runs")
@pytest.mark.parametrize("stack", ["compose", "native"])
def test_a_copy_in_the_old_place_of_a_moved_project_leaves_its_stack_alone(
    make: Callable[[str], Path], tmp_path: Path, stack: str
) -> None:
    project = make("project")
    assert call(project, "up", "--stack", stack).exit_code == 0
    moved = tmp_path / "moved"
    project.rename(moved)
    shutil.copytree(moved, project, symlinks=True)
    for arguments in ((), ("--all",)):
        ended = call(project, "down", *arguments)
        assert ended.exit_code == 1, ended.text
        assert "it is a copy of one of a project that lay here before" in ended.text
    states = json.loads(call(moved, "ps", "--json").stdout)["services"]
    assert {each["health"] for each in states} == {"HTTP 200"}
    ended = call(moved, "down")
    assert ended.exit_code == 0, ended.text
    assert not compose_projects.remains(moved)
