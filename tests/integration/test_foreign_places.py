"""What `up`, `down` and `ps` do with folders of runs that somebody else made, moved or deleted.

PostgreSQL, git and all processes are real.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import faces
import psutil
import pytest
from forged_runs import NAME, forge
from service_projects import leftovers, write_services
from session_processes import PATIENCE_SECONDS, call

from tasker_ci.stack.base import MARK
from tasker_ci.stack.native_processes import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Make a project by its name; whatever the test finds, nothing that it started stays."""
    made: list[Path] = []

    def begin(name: str = "project") -> Path:
        made.append(write_services(tmp_path / name))
        return made[-1]

    yield begin
    for folder in made:
        if marked(folder) and folder.exists():
            call(folder, "down", "--all")
    for pid in marked(tmp_path):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def project(make: Callable[[str], Path]) -> Path:
    return make("project")


def marked(below: Path) -> dict[int, str]:
    """The processes of runs whose run folder is, or was, below a folder."""
    found = {}
    for process in psutil.process_iter():
        try:
            environment = process.environ()
            if MARK in environment and str(below) in environment.get(f"{MARK}_FOLDER", ""):
                found[process.pid] = " ".join(process.cmdline())
        except psutil.Error:
            continue
    return found


@contextmanager
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def assert_named_and_ended_from(folder: Path, project: Path) -> None:
    """`ps` in a folder names the run that ``project`` has lost, and `down --all` ends it."""
    assert "its folder is gone" in call(folder, "ps").text
    ended = call(folder, "down", "--all")
    assert ended.exit_code == 0, ended.text
    assert marked(project) == {}


def git(project: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=project, check=True, capture_output=True)


@pytest.mark.parametrize("arguments", [(), ("--all",)])
def test_a_link_in_place_of_the_data_is_not_followed(
    project: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "mine").touch()
    folder = forge(project)
    (folder / "postgresql").symlink_to(home)
    with stranger() as process:
        record(folder, "web", process.pid)
        record(folder, "database", process.pid, database=True)
        ended = call(project, "down", *arguments)
        assert process.poll() is None
    assert ended.exit_code == 1, ended.text
    assert f"postgresql is a link to {home}" in ended.text
    assert "next:" in ended.text
    assert (home / "mine").exists()


def test_who_works_in_a_folder_that_a_link_names_is_left_alone(
    project: Path, tmp_path: Path
) -> None:
    folder = forge(project)
    (folder / "postgresql").symlink_to(tmp_path)
    shell = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], cwd=tmp_path)
    try:
        call(project, "down", "--all")
        assert shell.poll() is None
    finally:
        shell.kill()
        shell.wait()


@pytest.mark.parametrize("arguments", [(), ("--all",)])
def test_what_git_tracks_is_refused_and_all_else_is_ended(
    project: Path, arguments: tuple[str, ...]
) -> None:
    folder = forge(project)
    git(project, "init")
    git(project, "add", "--force", "target")
    up = call(project, "up")
    assert up.exit_code == 0, up.text
    assert "git tracks it" in call(project, "ps").text
    ended = call(project, "down", *arguments)
    assert ended.exit_code == 1, ended.text
    assert f"{folder} is not taken for a run of ours: git tracks it" in ended.text
    assert marked(project) == {}
    assert (folder / "run.json").exists()
    assert [each.name for each in folder.parent.iterdir()] == [NAME]


@pytest.mark.parametrize(
    "changes",
    [
        {"run": "tasker-ci-bbbbbbbbbbbb"},
        {"folder": "/elsewhere"},
        {"pid": "1"},
        {"services": 7},
        {"kind": []},
    ],
    ids=str,
)
def test_a_forged_record_is_refused_and_named(project: Path, changes: dict[str, object]) -> None:
    folder = forge(project, **changes)
    ended = call(project, "down", "--all")
    assert ended.exit_code == 1, ended.text
    assert str(folder) in ended.text
    assert "Traceback" not in ended.text
    assert folder.is_dir()
    shown = call(project, "ps")
    assert shown.exit_code == 0, shown.text
    assert str(folder) in shown.text


def test_git_that_is_led_elsewhere_or_broken_does_not_vouch_for_a_folder(
    project: Path, tmp_path: Path
) -> None:
    folder = forge(project)
    git(project, "init")
    git(project, "add", "--force", "target")
    git(project, "config", "core.worktree", str(tmp_path))
    ended = call(project, "down")
    assert ended.exit_code == 1, ended.text
    assert "git tracks it" in ended.text
    (project / ".git/index").write_text("none", encoding="utf-8")
    ended = call(project, "down")
    assert ended.exit_code == 1, ended.text
    assert "git cannot say" in ended.text
    assert (folder / "run.json").exists()


@pytest.mark.parametrize("kind", ["compose", "native"])
def test_the_keys_of_a_forged_run_choose_no_program(
    project: Path, tmp_path: Path, kind: str
) -> None:
    mark = tmp_path / "sprung"
    traps = project / "traps"
    traps.mkdir()
    for name in ("docker", "ps", "postgres", "sh"):
        (traps / name).write_text(f'#!/bin/sh\necho "{name}" >> "{mark}"\n', encoding="utf-8")
        (traps / name).chmod(0o755)
    web = {"service": "web", "port": 1, "container_port": 1, "health": ""}
    folder = forge(project, kind=kind, services=[web])
    keys = {"PATH": f"{traps}{os.pathsep}/bin", "DOCKER_CONFIG": str(traps)}
    (folder / "keys.json").write_text(json.dumps(keys), encoding="utf-8")
    for words in (("ps",), ("logs",), ("down", "--all")):
        ended = call(project, *words)
        assert not mark.exists(), ended.text
        assert "Traceback" not in ended.text


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root can mount")
def test_what_is_mounted_in_a_run_is_not_emptied(project: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "mine").touch()
    place = forge(project) / "place"
    place.mkdir()
    mounted = subprocess.run(["mount", "--bind", str(home), str(place)], check=False)
    if mounted.returncode:
        pytest.skip("this container may not mount")
    try:
        ended = call(project, "down")
        assert ended.exit_code == 1, ended.text
        assert f"mounted at {place}" in ended.text
        assert (home / "mine").exists()
    finally:
        subprocess.run(["umount", str(place)], check=True)
    assert call(project, "down").exit_code == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_the_run_of_another_user_goes_on(project: Path) -> None:
    folder = forge(project)
    os.chown(folder, 65534, 65534)
    marks = {MARK: NAME, f"{MARK}_FOLDER": str(folder)}
    with subprocess.Popen(["sleep", "600"], env={**os.environ, **marks}) as process:
        ended = call(project, "down", "--all")
        assert process.poll() is None
        process.kill()
    assert ended.exit_code == 1, ended.text
    assert "it belongs to the user 65534" in ended.text


@pytest.mark.parametrize("depth", ["target/tasker-ci", "target/tasker-ci/runs"])
def test_nothing_is_made_or_removed_through_a_link(
    project: Path, tmp_path: Path, depth: str
) -> None:
    forge(project)
    outside = tmp_path / "outside"
    (project / depth).rename(outside)
    (project / depth).symlink_to(outside)
    before = sorted(outside.rglob("*"))
    for session in ("up", "down"):
        ended = call(project, session)
        assert ended.exit_code == 1, ended.text
        assert f"{project / depth} is" in ended.text
    assert sorted(outside.rglob("*")) == before


@pytest.mark.usefixtures("leaves_lost_runs")
class TestAProjectThatWasMoved:
    @pytest.fixture
    def moved(self, project: Path, tmp_path: Path) -> Path:
        up = call(project, "up")
        assert up.exit_code == 0, up.text
        place = tmp_path / "moved"
        project.rename(place)
        return place

    def test_its_stack_is_found_shown_and_ended_there(self, moved: Path, project: Path) -> None:
        shown = call(moved, "ps", "--json")
        services = json.loads(shown.stdout)["services"]
        assert {(each["service"], each["state"]) for each in services} == {
            ("database", "running"),
            ("web", "running"),
        }
        ended = call(moved, "down")
        assert ended.exit_code == 0, ended.text
        assert "1 stack ended" in ended.text
        assert marked(project) == {}
        assert not leftovers(moved)

    def test_a_copy_of_it_leaves_it_alone(self, moved: Path, project: Path, tmp_path: Path) -> None:
        copy = tmp_path / "copy"
        shutil.copytree(moved, copy, symlinks=True)
        before = marked(project)
        ended = call(copy, "down", "--all")
        assert ended.exit_code == 1, ended.text
        assert f"its record belongs to {project}" in ended.text
        assert marked(project) == before
        assert call(moved, "down").exit_code == 0
        assert marked(project) == {}

    def test_one_that_was_moved_to_another_disk_is_found(
        self, moved: Path, project: Path, tmp_path: Path
    ) -> None:
        """A copy, and then the first one is removed: no number of a folder stays."""
        other = tmp_path / "other-disk"
        shutil.copytree(moved, other, symlinks=True)
        shutil.rmtree(moved)
        ended = call(other, "down")
        assert ended.exit_code == 0, ended.text
        assert marked(project) == {}

    @pytest.mark.parametrize("name", ["other", "project"])
    def test_another_project_names_it_and_leaves_it_alone(
        self, moved: Path, project: Path, make: Callable[[str], Path], name: str
    ) -> None:
        """Also one that lies now where the moved one was."""
        before = marked(project)
        other = make(name)
        for session in (("ps",), ("down", "--all")):
            ended = call(other, *session)
            assert ended.exit_code == 0, ended.text
            assert "processes of the run tasker-ci-" in ended.text
        assert marked(project) == before
        assert call(moved, "down", "--all").exit_code == 0
        assert marked(project) == {}

    def test_it_is_found_without_its_target_folder(self, moved: Path, project: Path) -> None:
        shutil.rmtree(moved / "target")
        assert_named_and_ended_from(moved, project)


@pytest.mark.usefixtures("leaves_lost_runs")
def test_a_project_that_was_deleted_and_made_anew_ends_what_the_old_one_left(
    project: Path, make: Callable[[str], Path]
) -> None:
    assert call(project, "up").exit_code == 0
    shutil.rmtree(project)
    make("project")
    assert_named_and_ended_from(project, project)


@pytest.mark.usefixtures("leaves_lost_runs")
def test_what_a_deleted_project_left_is_ended_from_another_one(
    project: Path, make: Callable[[str], Path]
) -> None:
    assert call(project, "up").exit_code == 0
    shutil.rmtree(project)
    assert_named_and_ended_from(make("other"), project)


def test_a_stack_of_a_third_project_is_left_alone(
    project: Path, make: Callable[[str], Path]
) -> None:
    assert call(project, "up").exit_code == 0
    before = marked(project)
    other = make("other")
    ended = call(other, "down", "--all")
    assert ended.exit_code == 0, ended.text
    assert marked(project) == before
    assert call(project, "down").exit_code == 0
    assert marked(project) == {}


def test_two_calls_of_up_at_once_keep_one_stack(project: Path) -> None:
    running = [
        subprocess.Popen(
            ["tasker-ci", "up"],
            cwd=project,
            env=faces.clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    texts = [each.communicate(timeout=PATIENCE_SECONDS)[0] for each in running]
    assert [each.returncode for each in running] == [0, 0], texts
    assert sum("2 services are healthy" in text for text in texts) == 1
    assert sum("is up already" in text for text in texts) == 1
    assert len(list((project / "target/tasker-ci/runs").iterdir())) == 1
    other = call(project, "up", "--stack", "compose")
    assert other.exit_code == 2, other.text
    assert "(native) is up already, and the compose stack was asked for" in other.text
    assert call(project, "down").exit_code == 0


def test_of_two_projects_one_gets_the_fixed_ports(
    project: Path, make: Callable[[str], Path]
) -> None:
    running = [
        subprocess.Popen(
            ["tasker-ci", "up", "--ports", "fixed"],
            cwd=each,
            env=faces.clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for each in (project, make("other"))
    ]
    texts = [each.communicate(timeout=PATIENCE_SECONDS)[0] for each in running]
    assert sorted(each.returncode for each in running) == [0, 3], texts
    assert any("is reserved for services of" in text or "is held by" in text for text in texts)


def test_a_copy_of_a_project_does_not_end_the_stack_of_the_first(
    project: Path, tmp_path: Path
) -> None:
    assert call(project, "up").exit_code == 0
    copy = tmp_path / "copy"
    shutil.copytree(project, copy, symlinks=True)
    before = marked(project)
    ended = call(copy, "down", "--all")
    assert ended.exit_code == 1, ended.text
    assert f"its record belongs to {project}" in ended.text
    assert marked(project) == before
    assert faces.run(["tasker-ci", "down"], project).exit_code == 0
    assert marked(project) == {}
