"""The workflow of the week: off by default, and one job alone may write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import generation

from tasker_ci.sessions.periodic.issue import cell, page
from tasker_ci.sessions.periodic.job import schedule_workflow
from tasker_ci.workflows.job_steps import StepFactory

if TYPE_CHECKING:
    from pathlib import Path

ON = 'workflows.schedule = "weekly"\n'
LOOKS = ["advisories", "beta", "pins", "review", "insights"]


def scheduled(folder: Path, settings: str = "") -> Any:
    return generation.full(folder, ON + settings)["scheduled.yml"]


def test_by_default_there_is_none(tmp_path: Path) -> None:
    assert schedule_workflow(StepFactory.of(generation.inputs_of(tmp_path))) is None


def test_it_starts_once_a_week_or_by_hand_and_one_at_a_time(tmp_path: Path) -> None:
    document = scheduled(tmp_path)

    (row,) = document["on"]["schedule"]
    minute, _, *rest = row["cron"].split()
    assert minute != "0"
    assert rest == ["*", "*", "1"]
    assert document["concurrency"]["cancel-in-progress"] is False
    assert list(document["jobs"]) == [*LOOKS, "issue"]


def test_one_job_alone_may_write_and_runs_nothing_that_was_installed(tmp_path: Path) -> None:
    jobs = scheduled(tmp_path)["jobs"]

    assert document_permissions(jobs) == {
        **{name: {"contents": "read"} for name in LOOKS},
        "insights": {"contents": "read", "actions": "read"},
        "issue": {"issues": "write"},
    }
    (step,) = jobs["issue"]["steps"]
    assert "uses" not in step
    assert "${{" not in step["run"]
    assert jobs["issue"]["needs"] == LOOKS
    assert jobs["issue"]["if"] == "${{ !cancelled() }}"


def document_permissions(jobs: Any) -> dict[str, Any]:
    return {name: job["permissions"] for name, job in jobs.items()}


def test_every_look_hands_on_what_its_session_said(tmp_path: Path) -> None:
    jobs = scheduled(tmp_path)["jobs"]

    for name in LOOKS:
        said = jobs[name]["outputs"]["said"].removeprefix("${{ steps.").partition(".")[0]
        assert said in {step.get("id") for step in jobs[name]["steps"]}
    (step,) = jobs["issue"]["steps"]
    assert "beta=${{ needs.beta.outputs.said }}" in step["env"]["SAID"].splitlines()
    assert "beta=${{ needs.beta.result }}" in step["env"]["RESULTS"].splitlines()


def test_the_tests_run_on_beta_and_their_failure_counts(tmp_path: Path) -> None:
    beta = scheduled(tmp_path, 'unit.services = ["postgres"]\n')["jobs"]["beta"]

    assert beta["env"]["TASKER_CI_TOOLCHAIN"] == "beta"
    assert "continue-on-error" not in beta
    assert "Remove the services" in [step["name"] for step in beta["steps"]]
    assert "inputs." not in str(beta)


def test_a_page_says_every_job() -> None:
    text = page({"beta": "failure", "pins": "success"}, {"beta": "a|b"}, "https://e/1")

    assert text.splitlines()[2] == "[The last run](https://e/1) says:"
    assert "| <code>pins</code> | <code>success</code> | see the run |" in text
    assert cell("a|b") == "<code>a&#124;b</code>"
