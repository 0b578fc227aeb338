"""The workflow that reviews the CI, and hands what it finds to code scanning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.text.yaml import Remarked
from tasker_ci.workflows.forks import FROM_ANOTHER_REPOSITORY
from tasker_ci.workflows.job_steps import NOT_SCRIPTED
from tasker_ci.workflows.model import Job, Step, Workflow
from tasker_ci.workflows.session_job import runner

if TYPE_CHECKING:
    from tasker_ci.workflows.job_steps import StepFactory

_REPORT = "review.sarif"


def review_workflow(steps: StepFactory) -> Workflow:
    """The review needs no toolchain and no services: files are read."""
    job = Job(
        name="Review",
        runner=runner(steps),
        minutes=steps.minutes,
        permissions={
            "contents": "read",
            "security-events": Remarked("write", "uploads what it finds to code scanning"),
        },
        env=dict(NOT_SCRIPTED),
        steps=(
            steps.checkout(),
            *steps.python(()),
            steps.session("review", "--output", _REPORT),
            Step(
                name="Upload to code scanning",
                # The token of a fork's pull request may not write there.
                condition=f"!cancelled() && !({FROM_ANOTHER_REPOSITORY})",
                uses=steps.actions["github/codeql-action/upload-sarif"],
                inputs={"sarif_file": _REPORT, "category": "tasker-ci-review"},
            ),
        ),
    )
    return Workflow(
        file=steps.file_of("review"),
        name="Review of the CI",
        purpose="Where the workflows do not do what they seem to do.",
        jobs={"review": job},
    )
