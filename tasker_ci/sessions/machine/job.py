"""What a job keeps of the compiling."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasker_ci.workflows.job_steps import StepFactory
    from tasker_ci.workflows.model import Step

_FILE = "sccache-statistics.json"


def kept(steps: StepFactory, leg: str) -> tuple[Step, ...]:
    """What sccache counted, where compilations went through it."""
    condition = steps.after_preparation("env.RUSTC_WRAPPER == 'sccache'")
    return (
        steps.session("cache", "--output", _FILE, condition=condition),
        steps.upload("Keep sccache's statistics", f"sccache-{leg}", _FILE, condition=condition),
    )
