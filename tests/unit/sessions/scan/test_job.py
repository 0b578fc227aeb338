"""The workflow of the image scan: the action scans, the session judges."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import generation
import pytest

from tasker_ci.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

FILE = "scan-images.yml"
ON = "[scan]\npipeline = true\n"


@pytest.mark.parametrize("off", ["", '[scan]\nimages = ["app:1"]\nseverity = "low"\n'])
def test_switched_off_it_leaves_no_trace_in_any_file(tmp_path: Path, off: str) -> None:
    planned = generation.texts(tmp_path / "a", off)
    assert planned == generation.texts(tmp_path / "b")
    assert not [path for path, text in planned.items() if "scan" in path or "trivy" in text]


def test_every_image_has_a_scan_and_the_session_reads_them_all(tmp_path: Path) -> None:
    found = generation.full(tmp_path, ON + 'images = ["registry.example/other:1"]\n')
    job = found[FILE]["jobs"]["scan"]
    scans = [step for step in job["steps"] if "trivy-action@" in step.get("uses", "")]
    assert [step["with"]["image-ref"] for step in scans] == [
        "${{ steps.database.outputs.image }}",
        "registry.example/other:1",
    ]
    assert {step["with"]["exit-code"] for step in scans} == {"0"}
    judged = generation.step_of(job, "scan")
    for step in scans:
        assert f"--report {step['with']['output']}" in judged["run"]
    assert judged["if"] == "${{ !cancelled() }}"


def test_it_scans_as_long_as_settings_say_and_tells_what_it_leaves_out(tmp_path: Path) -> None:
    """The action has its own deadline, five minutes; `.trivyignore` counts there as well."""
    settings = ON + 'images = ["registry.example/other:1"]\nseconds = 1200\n'
    job = generation.full(tmp_path, settings)[FILE]["jobs"]["scan"]
    scans = [step for step in job["steps"] if "trivy-action@" in step.get("uses", "")]
    assert {step["with"]["timeout"] for step in scans} == {"1200s"}
    assert all(step["env"] == {"TRIVY_SHOW_SUPPRESSED": "true"} for step in scans)


def test_it_waits_for_the_image_alone(tmp_path: Path) -> None:
    jobs = generation.full(tmp_path, ON)["ci.yml"]["jobs"]
    assert jobs["scan"]["needs"] == ["images"]
    assert "scan" in jobs["success"]["needs"]
    assert jobs["scan"]["permissions"] == {"contents": "read", "packages": "read"}


def test_without_an_image_it_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no image to scan"):
        generation.texts(tmp_path, ON)


def test_a_name_that_is_none_cannot_come_into_a_workflow(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"scan\.images"):
        generation.texts(tmp_path, ON + 'images = ["${{ github.token }}"]\n')


BUILT = '{"session": "images", "database": {"image": "tasker-ci-database:1", "origin": "built"}}'


@pytest.mark.parametrize(
    ("given", "printed", "code", "image"),
    [
        pytest.param("ghcr.io/a/b:1", "", 1, "ghcr.io/a/b:1", id="built for all jobs"),
        pytest.param("", BUILT, 0, "tasker-ci-database:1", id="built here"),
        pytest.param("", '{"session": "images", "exit_code": 1}', 1, None, id="cannot be built"),
    ],
)
def test_the_image_of_the_database_is_scanned_also_where_none_was_built_for_all(
    tmp_path: Path, given: str, printed: str, code: int, image: str | None
) -> None:
    """Without it there would be no report, and the session red without a reason.

    The program is a stand-in: a real one would build with Docker.
    """
    job = generation.full(tmp_path / "project", ON)[FILE]["jobs"]["scan"]
    step = generation.step_of(job, "Image of the database")
    assert step["env"] == {"IMAGE": "${{ inputs.postgres-image }}"}
    assert "if" not in generation.step_of(job, "Scan the image of the database")

    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "python").symlink_to(sys.executable)
    stand_in = programs / "tasker-ci"
    stand_in.write_text(f"#!/bin/sh\necho '{printed}'\nexit {code}\n", encoding="utf-8")
    stand_in.chmod(0o755)
    variables = {
        "IMAGE": given,
        "PATH": f"{programs}:{os.defpath}",
        "RUNNER_TEMP": str(tmp_path),
    }
    ended = generation.run_script(step["run"], tmp_path, variables)

    assert (ended.exit_code == 0) == (image is not None)
    assert ended.output == (f"image={image}\n" if image else "")


def test_images_in_githubs_registry_may_be_private(tmp_path: Path) -> None:
    def parts(folder: Path, image: str) -> tuple[object, list[str]]:
        settings = ON + f'images = ["{image}"]\n'
        found = generation.workflows(folder, settings)
        job = found[FILE]["jobs"]["scan"]
        assert found["ci.yml"]["jobs"]["scan"]["permissions"] == job["permissions"]
        return job["permissions"], [step["name"] for step in job["steps"]]

    permissions, names = parts(tmp_path / "a", "ghcr.io/octo/app:1")
    assert permissions == {"contents": "read", "packages": "read"}
    assert names.index("Sign in to the registry") < names.index("Scan ghcr.io/octo/app:1")

    permissions, names = parts(tmp_path / "b", "registry.example/other:1")
    assert permissions == {"contents": "read"}
    assert "Sign in to the registry" not in names
