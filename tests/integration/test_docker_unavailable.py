"""Sessions on a machine whose Docker cannot be used: said at once, and nothing starts.

The clients here are scripts that print what real ones have printed; only that permission is denied
is real.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import faces
import pytest
import tool_parts
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTINGS = """\
[integration]
targets = ["sample"]
build = []
[integration.services.web]
command = ["sleep", "600"]
"""

NO_PLUGIN = """\
if [ "$1" = compose ]; then echo "docker: unknown command: docker compose" >&2; exit 1; fi
echo 28.2.2"""
OLD = """\
if [ "$1" = compose ]; then echo 2.20.2; else echo 28.2.2; fi"""
NO_DAEMON = """\
if [ "$1" = compose ]; then echo 5.6.0; exit 0; fi
echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." >&2
exit 1"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {"docker/docker-compose.test.yml": "services: {web: {image: none}}\n"}
    return workspaces.write_project(tmp_path / "project", files, settings=SETTINGS)


def up(
    project: Path, stack: str, client: str, *, version_1: bool = False, host: str = ""
) -> faces.Ended:
    """`up` where ``docker`` is a script, or is not there; without a ``host``, the default."""
    programs = project.parent / "programs"
    for name in ("cargo", "rustc", "sh", "sleep"):
        path = shutil.which(name)
        assert path is not None
        programs.mkdir(exist_ok=True)
        (programs / name).symlink_to(path)
    if client:
        tool_parts.write_program(programs / "docker", client)
    if version_1:
        tool_parts.write_program(programs / "docker-compose", "echo 1.29.2")
    environment = {**faces.clean_environment(), "PATH": str(programs), "DOCKER_HOST": host}
    if not host:
        del environment["DOCKER_HOST"]
    ended = faces.run(["tasker-ci", "up", "--stack", stack], project, environment)
    faces.run(["tasker-ci", "down", "--all"], project)
    return ended


CASES = [
    ("", "There is no Docker client here", "Install Docker"),
    (NO_PLUGIN, "The Docker client has no Compose plugin", "Install the Compose plugin"),
    (OLD, "Docker Compose 2.20.2 is too old: 2.24.4 or newer", "Install the Compose plugin"),
    (NO_DAEMON, "The Docker daemon at unix:///var/run/docker.sock does not answer", "Start it"),
]


@pytest.mark.parametrize(("client", "message", "step"), CASES)
def test_where_compose_is_wanted_it_is_an_error(
    project: Path, client: str, message: str, step: str
) -> None:
    ended = up(project, "compose", client)
    assert ended.exit_code == 3
    assert f"error: {message}" in ended.text
    assert f"next: {step}" in ended.text
    assert "`--stack native`" in ended.text
    assert not (project / "target").exists()


def test_version_1_alone_is_named(project: Path) -> None:
    ended = up(project, "compose", NO_PLUGIN, version_1=True)
    assert ended.exit_code == 3
    assert "error: Only docker-compose version 1 is here" in ended.text


def test_auto_says_why_it_is_native(project: Path) -> None:
    ended = up(project, "auto", NO_DAEMON)
    assert ended.exit_code == 0, ended.text
    assert "stack: native, because the Docker daemon at unix:///var/run/docker.sock" in ended.text


def test_no_permission_is_what_it_is_called(
    project: Path, base_image: str, require_root: None, require_tool: Callable[[str], Path]
) -> None:
    nobody = (
        str(require_tool("setpriv")),
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
    )
    real = require_tool("docker")
    client = (
        f'if [ "$1" = compose ]; then exec {real} "$@"; fi\nexec {" ".join(nobody)} {real} "$@"'
    )
    ended = up(project, "compose", client, host=os.environ.get("DOCKER_HOST", ""))
    assert ended.exit_code == 3
    assert "error: This user may not speak to the Docker daemon" in ended.text
    assert "usermod -aG docker" in ended.text
