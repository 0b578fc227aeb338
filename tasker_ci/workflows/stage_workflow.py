"""The workflow of a stage that has nothing of its own: a step for each of its sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.pipeline import QUALITY
from tasker_ci.workflows.caches import built_before, checked_only
from tasker_ci.workflows.job_steps import given_image
from tasker_ci.workflows.model import Workflow
from tasker_ci.workflows.session_job import (
    IMAGE_INPUT,
    after_compiling,
    kept_reports,
    session_job,
    sessions_of,
    with_services_of,
)

if TYPE_CHECKING:
    from tasker_ci.pipeline import Stage
    from tasker_ci.workflows.caches import DependencyCache
    from tasker_ci.workflows.job_steps import StepFactory


def stage_workflow(steps: StepFactory, stage: Stage) -> Workflow:
    """One step for each session of the stage; one that fails hides none of the others."""
    names = sessions_of(steps, stage.name)
    title = stage.title or stage.name
    with_services = with_services_of(steps, names)
    reported = any(steps.inputs.sessions[name].reports for name in names)
    job = session_job(
        steps,
        stage.name,
        name=title,
        with_services=with_services,
        preparation=steps.preparation(names, cache=_cache(steps, stage, names)),
        sessions=tuple(
            steps.session(
                name,
                condition=after_compiling(steps, name, names[:place]),
                env=given_image() if name in with_services else None,
            )
            for place, name in enumerate(names)
        ),
        reports=kept_reports(steps, stage.name, absent="warn") if reported else (),
    )
    return Workflow(
        file=stage.file,
        name=title,
        purpose=stage.purpose or title,
        inputs=IMAGE_INPUT if with_services else {},
        jobs={stage.name: job},
    )


def _cache(steps: StepFactory, stage: Stage, sessions: tuple[str, ...]) -> DependencyCache:
    """The stage of checks keeps what it has checked; what builds finds what the unit tests built.

    A session that does not say what it compiles is taken for one that checks.
    """
    builds = any(steps.inputs.sessions[name].compiles == "build" for name in sessions)
    if builds:
        return built_before(steps.inputs.settings)
    return checked_only(saved=stage.name == QUALITY.name)
