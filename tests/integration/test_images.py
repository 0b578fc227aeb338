"""The database's image with a real engine: built once, found again, replaced when it cannot be."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import compose_projects
import compose_runs
import faces
import pytest
import workspaces

from tasker_ci.errors import DaemonUnreachable, ImageFailed
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.screen.terminal import TerminalReporter
from tasker_ci.sessions import load_settings
from tasker_ci.stack.images import (
    REPOSITORY,
    DatabaseImage,
    ImageOrigin,
    ImageSource,
    database_image,
)
from tasker_ci.stack.old_images import KEPT_IMAGES, label_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SAMPLE = Path(__file__).resolve().parents[2] / "examples" / "tasker"

DOCKERFILE = "ARG BASE=nothing-of-that-name\nFROM $BASE\nRUN test -e /etc/debian_version\n"


@pytest.fixture
def built(tmp_path: Path) -> Iterator[None]:
    """Images that a test builds are gone after it; those of other workspaces stay."""
    yield
    for workspace in (tmp_path, *tmp_path.iterdir()):
        for tag in tags("--filter", f"label={label_of(workspace)}"):
            compose_runs.docker("image", "rm", "--force", tag)


def tags(*filters: str) -> set[str]:
    question = ("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", *filters, REPOSITORY)
    return set(compose_runs.docker(*question).split())


class Project:
    """A workspace with a Dockerfile of its own for its database."""

    def __init__(self, folder: Path, *, fallback: str = "", dockerfile: str = DOCKERFILE) -> None:
        self.folder = folder
        self.screen = io.StringIO()
        settings = f'[integration.database]\nservice = "db"\nfallback-image = "{fallback}"\n'
        workspaces.write_files(
            folder,
            {".config/tasker-ci.toml": settings, "docker/db/Dockerfile": dockerfile},
        )

    def image(self, *, rebuild: bool = False, **environment: str) -> DatabaseImage | None:
        own = faces.clean_environment(**environment)
        settings = load_settings(self.folder, own).settings.integration
        source = ImageSource(
            workspace=self.folder,
            settings=settings.database,
            environment=own,
            build_seconds=60,
        )
        reporter = TerminalReporter(self.screen, color=False)
        return database_image(source, ProcessRunner(Cancellation()), reporter, rebuild=rebuild)


@pytest.mark.usefixtures("built")
def test_an_image_is_built_once_and_found_again(tmp_path: Path, base_image: str) -> None:
    project = Project(tmp_path)
    first = project.image(BASE=base_image)
    assert first is not None
    assert first.origin is ImageOrigin.BUILT
    assert first.name in tags()
    project.screen.truncate(0)
    second = project.image(BASE=base_image)
    assert second == DatabaseImage(name=first.name, origin=ImageOrigin.PRESENT)
    assert "docker build" not in project.screen.getvalue()


@pytest.mark.usefixtures("built")
def test_it_is_built_anew_when_an_input_changes_or_somebody_wants_it(
    tmp_path: Path, base_image: str
) -> None:
    project = Project(tmp_path)
    first = project.image(BASE=base_image)
    workspaces.write_files(tmp_path, {"docker/db/setup.sh": "true\n"})
    second = project.image(BASE=base_image)
    third = project.image(rebuild=True, BASE=base_image)
    assert first is not None
    assert second is not None
    assert first.name != second.name
    assert third == second
    assert second.origin is ImageOrigin.BUILT


@pytest.mark.usefixtures("built")
def test_old_ones_make_room_except_where_a_container_needs_them(
    tmp_path: Path, base_image: str
) -> None:
    dockerfile = f"{DOCKERFILE}COPY version /\n"
    project = Project(tmp_path / "project", dockerfile=dockerfile)
    other = Project(tmp_path / "other", dockerfile=dockerfile)

    def version(number: int, where: Project = project) -> str:
        workspaces.write_files(where.folder, {"docker/db/version": f"{where.folder} {number}\n"})
        image = where.image(BASE=base_image)
        assert image is not None
        return image.name

    stranger = version(0, other)
    used = version(0)
    container = compose_runs.docker("create", used, "true")
    try:
        names = [version(number) for number in range(1, 5)]
        there = tags()
        assert {used, stranger, *names[-KEPT_IMAGES:]} <= there
        assert not there & set(names[:-KEPT_IMAGES])
    finally:
        compose_runs.docker("rm", container)


def test_an_image_that_is_given_is_used_as_it_is(tmp_path: Path) -> None:
    image = Project(tmp_path).image(POSTGRES_IMAGE="mine:1", DOCKER_HOST="unix:///nowhere.sock")
    assert image == DatabaseImage(name="mine:1", origin=ImageOrigin.GIVEN)


def test_what_cannot_be_built_is_replaced_with_a_warning_and_leaves_nothing(
    tmp_path: Path, base_image: str
) -> None:
    step = f"RUN echo no space in {tmp_path}; exit 9"
    project = Project(tmp_path, fallback=base_image, dockerfile=f"FROM {base_image}\n{step}\n")
    workspaces.write_files(
        tmp_path, {"migrations/1.sql": "CREATE EXTENSION pg_uuidv7; CREATE EXTENSION pgcrypto;"}
    )
    image = project.image()
    assert image == DatabaseImage(
        name=base_image, origin=ImageOrigin.FALLBACK, lacking=("pg_uuidv7",)
    )
    shown = project.screen.getvalue()
    assert "no space" in shown
    assert f"Using {base_image} in its place." in shown
    assert f"{base_image} is not known to have pg_uuidv7, which migrations/ creates" in shown
    assert compose_projects.step_containers(str(tmp_path)) == []


def test_without_a_replacement_the_failure_has_the_reason(tmp_path: Path, base_image: str) -> None:
    project = Project(tmp_path, dockerfile=f"FROM {base_image}\nRUN exit 9\n")
    with pytest.raises(ImageFailed, match=r"docker/db/Dockerfile cannot be built: .*9"):
        project.image()


def test_a_base_and_a_replacement_that_cannot_be_fetched_are_both_named(
    tmp_path: Path, base_image: str
) -> None:
    """The names lie in a registry that refuses connections, so that nothing goes out."""
    project = Project(tmp_path, fallback="127.0.0.1:1/b:1", dockerfile="FROM 127.0.0.1:1/a:1\n")
    with pytest.raises(ImageFailed) as raised:
        project.image()
    assert "base image 127.0.0.1:1/a:1" in raised.value.message
    assert "fallback 127.0.0.1:1/b:1" in raised.value.message


def test_without_a_daemon_nothing_replaces_anything(tmp_path: Path, base_image: str) -> None:
    project = Project(tmp_path, fallback=base_image)
    with pytest.raises(DaemonUnreachable):
        project.image(BASE=base_image, DOCKER_HOST=f"unix://{tmp_path}/none.sock")


def test_the_session_names_the_image_in_text_and_in_json(
    tmp_path: Path, base_image: str, run_face: Callable[..., faces.Ended], built: None
) -> None:
    project = workspaces.write_project(
        tmp_path / "project",
        {"docker/db/Dockerfile": DOCKERFILE},
        settings='[integration.database]\nservice = "db"\n',
    )
    first = run_face("tasker-ci", "images", cwd=project, BASE=base_image)
    assert first.exit_code == 0, first.text
    (tag,) = (each for each in tags() if each in first.stdout)
    assert f"image: {tag} (built now)" in first.stdout
    second = run_face("tasker-ci", "images", "--json", cwd=project, BASE=base_image)
    database = json.loads(second.stdout)["database"]
    assert database == {"image": tag, "origin": "present", "lacking": []}


def test_the_session_has_nothing_to_do_where_no_database_is_named(
    tmp_path: Path, run_face: Callable[..., faces.Ended]
) -> None:
    ended = run_face("tasker-ci", "images", cwd=workspaces.write_project(tmp_path / "project"))
    assert ended.exit_code == 0
    assert "the settings name no database" in ended.text


@pytest.mark.usefixtures("built")
def test_the_samples_image_has_pgmq_as_an_extension(tmp_path: Path, base_image: str) -> None:
    shutil.copytree(SAMPLE / "docker", tmp_path / "docker")
    own = faces.clean_environment(POSTGRES_BASE_IMAGE=base_image)
    settings = load_settings(SAMPLE.parents[1], own).settings.integration.database
    source = ImageSource(workspace=tmp_path, settings=settings, environment=own, build_seconds=120)
    screen = io.StringIO()
    image = database_image(
        source, ProcessRunner(Cancellation()), TerminalReporter(screen, color=False)
    )
    assert image is not None
    assert image.origin in {ImageOrigin.BUILT, ImageOrigin.PRESENT}, screen.getvalue()
    name = f"tasker-ci-test-{tmp_path.name}".replace("_", "-")
    password = 'it\'s a "test"'
    compose_runs.docker(
        *("run", "--detach", "--name", name, "--env", "POSTGRES_USER=ta-sker"),
        *("--env", f"POSTGRES_PASSWORD={password}", "--env", 'POSTGRES_DB=a"test', image.name),
    )
    try:
        assert send_and_read(name, password) == '{"task": 1}'
    finally:
        compose_runs.docker("rm", "--force", "--volumes", name)


def send_and_read(container: str, password: str) -> str:
    """Create the extension, then send a message and read it back."""
    end = time.monotonic() + 60
    inside = ("exec", "--env", f"PGPASSWORD={password}", container)
    client = ("psql", "-h", "127.0.0.1", "-U", "ta-sker", "-d", 'a"test', "-AtX")
    steps = (
        "CREATE EXTENSION pgmq",
        "SELECT pgmq.create('tasks')",
        """SELECT pgmq.send('tasks', '{"task": 1}')""",
        "SELECT message FROM pgmq.read('tasks', 30, 1)",
    )
    ready = ("docker", *inside, "pg_isready", "-q", "-h", "127.0.0.1")
    while subprocess.run(ready, capture_output=True, check=False).returncode:
        running = compose_runs.docker("inspect", "--format", "{{.State.Running}}", container)
        assert running == "true", compose_runs.docker("logs", container)
        assert time.monotonic() < end
        time.sleep(0.1)
    return [compose_runs.docker(*inside, *client, "-c", step) for step in steps][-1]
