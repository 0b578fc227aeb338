"""Checkouts of the small workspace that runs on both stacks."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

import compose_projects
import faces
import pytest
from second_engine import PERL_IMAGE, Engine
from session_processes import call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session", autouse=True)
def _ground(require_tool: Callable[[str], Path]) -> None:
    """What README.md wants of a machine; nothing real runs without it."""
    for program in ("cargo", "git", "cc", "sh", "ps"):
        require_tool(program)


@pytest.fixture(scope="session")
def with_nextest(require_tool: Callable[[str], Path]) -> None:
    """The test runs a session that wants nextest."""
    require_tool("cargo-nextest")


@pytest.fixture(scope="session")
def service_template(
    tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], Path]
) -> Path:
    """The workspace with its tests compiled, once for all."""
    for program in ("cargo", "cargo-nextest"):
        require_tool(program)
    folder = compose_projects.write_services(tmp_path_factory.mktemp("services") / "project")
    built = faces.run(["cargo", "nextest", "run", "--no-run", "--all-features"], folder)
    assert built.exit_code == 0, built.text
    return folder


@pytest.fixture(scope="session")
def database_image(base_image: str) -> str:
    """The image of the sample's database, which is that of every checkout; built if need be."""
    return compose_projects.image_of_the_database()


@pytest.fixture
def engine(
    require_tool: Callable[[str], Path],
    require_root: None,
    base_image: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Engine]:
    """A Docker daemon of the test's own, which it may stop; with an image that has Perl alone."""
    for program in ("dockerd", "ip", "unshare", "nsenter"):
        require_tool(program)
    with Engine() as own:
        own.load_perl(base_image)
        monkeypatch.setenv("DOCKER_HOST", own.host)
        monkeypatch.setenv("SERVICE_BASE_IMAGE", PERL_IMAGE)
        yield own


@pytest.fixture
def checkout(
    require_tool: Callable[[str], Path],
    base_image: str,
    database_image: str,
    service_template: Path,
    tmp_path: Path,
) -> Iterator[Callable[..., Path]]:
    """Make a checkout by its name; whatever the test finds, nothing of it stays."""
    for program in ("cargo", "cargo-nextest", "perl"):
        require_tool(program)
    made = []

    def copy(name: str = "project") -> Path:
        folder = tmp_path / name
        shutil.copytree(service_template, folder)
        made.append(folder)
        return folder

    yield copy
    for folder in made:
        if compose_projects.remains(folder):
            call(folder, "down", "--all")
        for pid in compose_projects.remains(folder).local.processes:
            os.kill(pid, signal.SIGKILL)
