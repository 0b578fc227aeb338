"""Plans of generated files for projects that tests make up."""

from __future__ import annotations

import io
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import workspaces
from ruamel.yaml import YAML

from tasker_ci.sessions import ROWS, load_settings
from tasker_ci.workflows.inputs import Inputs
from tasker_ci.workflows.plan import planned_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

WITH_SERVICES = """\
[integration]
targets = ["sample::end_to_end"]

[integration.database]
service = "postgres"
fallback-image = "registry.example/fallback:1"
"""
"""What makes an integration and, with the Dockerfile, an image of a database."""

ORIGIN = (
    *("python", "-m", "pip", "install", "--no-deps", "--no-build-isolation"),
    "tasker-ci @ git+https://git.example/house/tasker-ci.git@" + "0123456789" * 4,
)
"""How jobs get tasker-ci, wherever the tests have it from."""

DOCKERFILE = {"docker/db/Dockerfile": "FROM scratch\n"}


def inputs_of(folder: Path, settings: str = "", files: Mapping[str, str] | None = None) -> Inputs:
    """What the files of a project depend on; it is written into ``folder``."""
    workspaces.write_files(folder, {".config/tasker-ci.toml": settings, **(files or {})})
    loaded = load_settings(folder, {})
    return Inputs(
        loaded=loaded,
        project_root=folder,
        workspace=folder / loaded.settings.workspace,
        rows=ROWS,
        version="1.2.3",
        origin=ORIGIN,
    )


def texts(
    folder: Path, settings: str = "", files: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The planned files by their paths."""
    planned = planned_files(inputs_of(folder, settings, files))
    return {str(file.path): file.text for file in planned}


def full(folder: Path, settings: str = "") -> dict[str, Any]:
    """The workflows of a project with services and an image, by the names of their files."""
    return workflows(folder, settings + WITH_SERVICES, DOCKERFILE)


def workflows(
    folder: Path, settings: str = "", files: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The planned workflows as data, by the names of their files."""
    return {
        path.rpartition("/")[2]: read(text)
        for path, text in texts(folder, settings, files).items()
        if path.startswith(".github/workflows/") and path.endswith(".yml")
    }


def read(text: str) -> Any:
    """YAML as data, by a reader that is not the writer's own."""
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


def jobs_of(documents: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every job with the name of its file."""
    for name, document in documents.items():
        for job in document["jobs"].values():
            yield name, job


def steps_of(documents: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every step with the name of its file."""
    for name, job in jobs_of(documents):
        for step in job.get("steps", ()):
            yield name, step


def step_of(job: Mapping[str, Any], name: str) -> Any:
    """The one step of that name."""
    (found,) = (step for step in job["steps"] if step["name"] == name)
    return found


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How the script of a step ended, what it printed, and what it handed on."""

    exit_code: int
    text: str
    output: str


def run_script(script: str, folder: Path, variables: Mapping[str, str]) -> Ended:
    """Run a script as GitHub runs a step with `shell: bash`."""
    output = folder / "output"
    output.write_text("", encoding="utf-8")
    completed = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        env={"PATH": os.defpath, "GITHUB_OUTPUT": str(output), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(
        exit_code=completed.returncode,
        text=completed.stdout + completed.stderr,
        output=output.read_text(encoding="utf-8"),
    )
