"""The workflow of the check with the oldest versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.sessions.minimal_versions.settings import MinimalVersionsSettings
from tasker_ci.workflows.caches import PUSHED, DependencyCache
from tasker_ci.workflows.model import Workflow, expression
from tasker_ci.workflows.other_toolchain import toolchain_step
from tasker_ci.workflows.session_job import session_job

if TYPE_CHECKING:
    from tasker_ci.workflows.job_steps import StepFactory

_NAME = "minimal-versions"
_CACHE = DependencyCache(key=_NAME, saved=expression(PUSHED))


def minimal_workflow(steps: StepFactory) -> Workflow:
    """A nightly beside the toolchain of the workspace, and the session."""
    nightly = steps.inputs.settings.of(MinimalVersionsSettings).toolchain
    job = session_job(
        steps,
        _NAME,
        name="Oldest versions",
        with_services=(),
        preparation=(
            *steps.preparation((_NAME,), cache=_CACHE),
            toolchain_step(nightly, setting=f"{_NAME}.toolchain"),
        ),
        sessions=(steps.session(_NAME),),
    )
    return Workflow(
        file=steps.file_of(_NAME),
        name="Oldest versions",
        purpose="The workspace with the oldest versions that its requirements allow.",
        jobs={_NAME: job},
    )
