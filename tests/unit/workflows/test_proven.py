"""With `workflows.proven` a push first looks for a green run of its tree; without, nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import generation
import pytest

from tasker_ci.errors import SettingsError
from tasker_ci.sessions import rows_of
from tasker_ci.workflows.gate import SUCCESS
from tasker_ci.workflows.job_steps import StepFactory
from tasker_ci.workflows.kept_proof import asking_session, kept_proof
from tasker_ci.workflows.model import Step
from tasker_ci.workflows.pipeline import workflows_of
from tasker_ci.workflows.proven import PROVEN, proven_stages

if TYPE_CHECKING:
    from pathlib import Path

ON = "workflows.proven = true\n"
OWN = """\
[workflows.own.deploy]
path = ".github/workflows/deploy.yml"
after = "unit"
"""
DEPLOY = {".github/workflows/deploy.yml": "on: workflow_call\njobs: {a: {runs-on: x, steps: []}}\n"}


def test_without_the_setting_no_file_says_a_word_of_it(tmp_path: Path) -> None:
    texts = generation.texts(tmp_path, generation.WITH_SERVICES, generation.DOCKERFILE)

    for path, text in texts.items():
        assert not re.search(r"proof|proven|nox -s proof|actions: read", text), path


def test_the_job_that_looks_comes_first_and_may_fail_without_harm(tmp_path: Path) -> None:
    document = generation.full(tmp_path, ON)["ci.yml"]
    job = document["jobs"][PROVEN]

    assert job["needs"] == ["images"]
    assert job["if"] == "${{ !failure() && !cancelled() && (github.event_name == 'push') }}"
    assert all(step["continue-on-error"] for step in job["steps"])
    assert job["permissions"] == {"contents": "read", "actions": "read"}
    assert job["outputs"] == {
        name: f"${{{{ steps.proof.outputs.{name} }}}}"
        for name in ("run", "proven-quality", "proven-unit", "proven-integration")
    }


def test_no_other_job_may_read_the_runs(tmp_path: Path) -> None:
    documents = generation.full(tmp_path, ON)
    reading = [
        name
        for document in documents.values()
        for name, job in document["jobs"].items()
        if "actions" in job.get("permissions", {})
    ]
    assert reading == [PROVEN]


def test_what_it_asks(tmp_path: Path) -> None:
    job = generation.full(tmp_path, ON)["ci.yml"]["jobs"][PROVEN]
    step = generation.step_of(job, "proof")

    assert step["env"] == {
        "GITHUB_TOKEN": "${{ github.token }}",
        "JOBS": "quality=quality unit=unit-stable,unit-beta integration=integration",
        "CACHES": "quality=${{ steps.quality-cache-1.outputs.cache-hit }} "
        "unit=${{ steps.unit-cache-1.outputs.cache-hit }},"
        "${{ steps.unit-cache-2.outputs.cache-hit }} integration=none",
        "POSTGRES_IMAGE": "${{ needs.images.outputs.postgres-image }}",
    }
    assert step["run"] == (
        'exec nox -s proof -- --jobs "$JOBS" --caches "$CACHES" --carry .tasker-ci/carried '
        '--hours 12 --image "$POSTGRES_IMAGE"\n'
    )


def test_the_caches_are_looked_up_as_the_jobs_ask_for_them(tmp_path: Path) -> None:
    documents = generation.full(tmp_path, ON + "workflows.shards = 2\n")
    job = documents["ci.yml"]["jobs"][PROVEN]
    looks = {step["id"]: step for step in job["steps"] if "lookup-only" in step.get("with", {})}
    (quality,) = generation.jobs_of({"q": documents["code-quality.yml"]})
    asked = generation.step_of(quality[1], "Cache of the dependencies")

    assert [step["with"]["shared-key"] for step in looks.values()] == [
        "tasker-ci-check",
        "tasker-ci-build-stable",
        "tasker-ci-build-beta",
    ]
    look = looks["quality-cache-1"]
    assert look["uses"] == asked["uses"]
    assert look["with"] == {**asked["with"], "save-if": "false", "lookup-only": True}


def test_every_stage_asks_for_its_own_output_and_the_gate_hears_it(tmp_path: Path) -> None:
    jobs = generation.full(tmp_path, ON)["ci.yml"]["jobs"]
    stages = ("quality", "unit", "integration")

    for name in stages:
        assert PROVEN in jobs[name]["needs"]
        said = f"needs.proven.result == 'success' && needs.proven.outputs.proven-{name}"
        assert jobs[name]["if"] == f"${{{{ !failure() && !cancelled() && (!({said})) }}}}"
    assert PROVEN in jobs[SUCCESS]["needs"]
    assert jobs[SUCCESS]["with"]["run"] == "${{ needs.proven.outputs.run }}"
    assert jobs[SUCCESS]["with"]["proven"].splitlines() == [
        f"{name}=${{{{ needs.proven.outputs.proven-{name} }}}}" for name in stages
    ]


def test_what_does_more_than_test_is_never_skipped(tmp_path: Path) -> None:
    """Its upload, or its results for the next run, are others' baseline."""
    settings = (
        ON
        + "bench.pipeline = true\nreview.pipeline = true\n"
        + '[coverage]\npipeline = true\nupload = "codecov"\n'
    )
    jobs = generation.full(tmp_path, settings)["ci.yml"]["jobs"]

    skippable = {name for name, job in jobs.items() if "outputs.proven-" in job.get("if", "")}
    assert skippable == {"quality", "unit", "integration"}
    assert {"coverage", "bench", "review", "images", "drift"} <= jobs.keys()


def skippable_stages(steps: StepFactory) -> list[str]:
    names = {stage.file: stage.name for stage in steps.inputs.stages}
    stages = {names[each.file]: each for each in workflows_of(steps.inputs) if each.file in names}
    return list(proven_stages(steps, stages))


@pytest.mark.parametrize(("proves", "skipped"), [("", False), ("proves = true\n", True)])
def test_a_session_of_the_projects_own_speaks_for_itself_alone(
    tmp_path: Path, proves: str, *, skipped: bool
) -> None:
    settings = f'{ON}[sessions.own]\ncommand = ["true"]\nstage = "quality"\n{proves}'
    files = {"ci_sessions.py": ""}
    inputs = generation.inputs_of(tmp_path, settings, files)
    inputs = replace(inputs, rows=rows_of(inputs.settings))

    assert ("quality" in skippable_stages(StepFactory.of(inputs))) == skipped


def test_what_waits_for_a_stage_runs_where_it_is_skipped(tmp_path: Path) -> None:
    job = generation.workflows(tmp_path, ON + OWN, DEPLOY)["ci.yml"]["jobs"]["deploy"]

    assert job["needs"] == ["unit"]
    assert job["if"] == "${{ !failure() && !cancelled() }}"


@pytest.mark.parametrize("hours", [0, 25])
def test_a_run_counts_for_a_day_at_most(tmp_path: Path, hours: int) -> None:
    with pytest.raises(SettingsError, match="proven-hours"):
        generation.full(tmp_path, f"{ON}workflows.proven-hours = {hours}\n")


def test_a_job_of_that_name_is_taken(tmp_path: Path) -> None:
    own = OWN.replace("own.deploy", "own.proven")
    with pytest.raises(SettingsError, match="another job proven"):
        generation.workflows(tmp_path, ON + own, DEPLOY)
    documents = generation.workflows(tmp_path, own, DEPLOY)
    assert "PROVEN" not in str(documents["ci-success.yml"])


# What a job leaves


def kept(folder: Path, *, settings: str = ON, image: bool = False) -> list[dict[str, Any]]:
    files = generation.DOCKERFILE
    inputs = generation.inputs_of(folder, settings + generation.WITH_SERVICES, files)
    session = Step(name="unit", id="unit", run="exec nox -s unit\n")
    other = Step(name="Toolchains", id="toolchains", run="true\n")
    steps = kept_proof(StepFactory.of(inputs), "unit-stable", (other, session), image=image)
    return [step.data() for step in steps]


def test_a_job_leaves_a_proof_where_each_session_was_green_without_reservation(
    tmp_path: Path,
) -> None:
    keep, upload = kept(tmp_path)

    assert keep["if"] == (
        "${{ (github.event_name == 'push' || github.event_name == 'merge_group') "
        "&& github.run_attempt == 1 "
        "&& (steps.unit.outcome == 'skipped' || steps.unit.outputs.proves == 'true') }}"
    )
    assert keep["run"] == "exec nox -s proof -- --keep tested.json\n"
    assert upload["with"]["name"] == "proof-unit-stable"
    assert upload["if"] == "${{ steps.proof.outputs.kept == 'true' }}"
    assert keep["continue-on-error"]
    assert upload["continue-on-error"]


def test_a_job_with_services_says_with_which_image(tmp_path: Path) -> None:
    keep, _ = kept(tmp_path, image=True)

    assert keep["env"] == {"POSTGRES_IMAGE": "${{ inputs.postgres-image }}"}
    assert keep["run"].endswith('--image "$POSTGRES_IMAGE"\n')


def test_without_the_setting_a_job_leaves_nothing(tmp_path: Path) -> None:
    assert kept(tmp_path, settings="") == []
    assert asking_session(StepFactory.of(generation.inputs_of(tmp_path))) is None
