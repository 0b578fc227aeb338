"""The workflow of the stage quality."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.pipeline import QUALITY
from tasker_ci.workflows.job_steps import given_image
from tasker_ci.workflows.model import Workflow
from tasker_ci.workflows.session_job import (
    IMAGE_INPUT,
    NOT_SAVED,
    session_job,
    sessions_of,
    with_services_of,
)

if TYPE_CHECKING:
    from tasker_ci.workflows.job_steps import StepFactory


def quality_workflow(steps: StepFactory) -> Workflow:
    """One step for each session of the stage; one that fails hides none of the others."""
    names = sessions_of(steps, QUALITY)
    with_services = with_services_of(steps, names)
    job = session_job(
        steps,
        "quality",
        name="Code quality",
        with_services=with_services,
        preparation=steps.preparation(names, saves_cache=NOT_SAVED),
        sessions=tuple(
            steps.session(
                name,
                condition=steps.after_preparation(),
                env=given_image() if name in with_services else None,
            )
            for name in names
        ),
    )
    return Workflow(
        file="code-quality.yml",
        name="Code quality",
        purpose="Format, lints, documentation and advisories, a step for each session.",
        inputs=IMAGE_INPUT,
        jobs={"quality": job},
    )
