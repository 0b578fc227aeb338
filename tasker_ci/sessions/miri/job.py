"""The workflow of the tests under miri."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.sessions.miri.settings import COMPONENTS, MiriSettings
from tasker_ci.workflows.caches import PUSHED, DependencyCache
from tasker_ci.workflows.model import Workflow, expression
from tasker_ci.workflows.other_toolchain import toolchain_step
from tasker_ci.workflows.session_job import session_job

if TYPE_CHECKING:
    from tasker_ci.workflows.job_steps import StepFactory

_CACHE = DependencyCache(key="miri", saved=expression(PUSHED))


def miri_workflow(steps: StepFactory) -> Workflow:
    """A nightly with miri beside the toolchain of the workspace, and the session."""
    nightly = steps.inputs.settings.of(MiriSettings).toolchain
    job = session_job(
        steps,
        "miri",
        name="Miri",
        with_services=(),
        preparation=(
            *steps.preparation(("miri",), cache=_CACHE),
            toolchain_step(nightly, setting="miri.toolchain", components=COMPONENTS),
        ),
        sessions=(steps.session("miri"),),
    )
    return Workflow(
        file=steps.file_of("miri"),
        name="Miri",
        purpose="Tests under an interpreter that finds undefined behaviour.",
        jobs={"miri": job},
    )
