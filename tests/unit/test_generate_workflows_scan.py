"""The workflow of the image scan: the action scans, the session judges."""

from __future__ import annotations

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
        "${{ inputs.postgres-image }}",
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
    assert jobs["scan"]["needs"] == ["drift", "images"]
    assert "scan" in jobs["success"]["needs"]
    assert jobs["scan"]["permissions"] == {"contents": "read", "packages": "read"}


def test_without_an_image_it_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no image to scan"):
        generation.texts(tmp_path, ON)


def test_a_name_that_is_none_cannot_come_into_a_workflow(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"scan\.images"):
        generation.texts(tmp_path, ON + 'images = ["${{ github.token }}"]\n')
