"""The workflow that checks packages with the Rust that they promise to compile with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.workflows.caches import PUSHED, DependencyCache
from tasker_ci.workflows.model import Workflow, expression
from tasker_ci.workflows.session_job import session_job

if TYPE_CHECKING:
    from tasker_ci.workflows.job_steps import StepFactory

_CACHE = DependencyCache(key="msrv", saved=expression(PUSHED))


def msrv_workflow(steps: StepFactory) -> Workflow:
    """The toolchains that packages name are installed first, whichever they are that day."""
    from dataclasses import replace

    install = replace(
        steps.session("msrv", "--install", condition=steps.after_preparation()),
        name="Toolchains of the packages",
        id="toolchains",
    )
    there = "steps.toolchains.outcome == 'success'"
    job = session_job(
        steps,
        "msrv",
        name="Oldest Rust",
        with_services=(),
        preparation=steps.preparation(("msrv",), cache=_CACHE),
        sessions=(install, steps.session("msrv", condition=steps.after_preparation(there))),
    )
    return Workflow(
        file=steps.file_of("msrv"),
        name="Oldest Rust",
        purpose="Each package with exactly the Rust that its `rust-version` names.",
        jobs={"msrv": job},
    )
