"""What a job leaves so that a later run need not repeat it: what it tested, and with what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.screen.reporter import PROVES
from tasker_ci.workflows.model import Step, expression

if TYPE_CHECKING:
    from tasker_ci.workflows.job_steps import StepFactory

BEGINNING = "proof-"
"""How the names of the artifacts begin; what follows ends the names of all that a job keeps."""

KEPT = "kept"
"""The output of the step that is `true` where there is a proof to keep."""

FILE = "tested.json"
"""What is in the artifact."""

_WHERE = "(github.event_name == 'push' || github.event_name == 'merge_group')"
"""The head of a pull request is not the tree that was tested."""

_FIRST = "github.run_attempt == 1"
"""What was red at first and green when it was run again is flaky."""


def asking_session(steps: StepFactory) -> str | None:
    """The session that knows of green runs; None where no setting asks for it."""
    if not steps.inputs.settings.workflows.proven:
        return None
    rows = steps.inputs.sessions
    return next((name for name, row in rows.items() if row.knows_green_runs), None)


def kept_proof(
    steps: StepFactory, leg: str, sessions: tuple[Step, ...], *, image: bool
) -> tuple[Step, ...]:
    """The last steps of a job with ``sessions``: they keep a proof where each was green.

    ``image`` says whether they start services. A step without a condition of its own about failure
    is skipped when any before it has failed.
    """
    name = asking_session(steps)
    if name is None:
        return ()
    green = (
        f"(steps.{step.id}.outcome == 'skipped' || steps.{step.id}.outputs.{PROVES} == 'true')"
        for step in sessions
        if step.id in steps.inputs.sessions
    )
    given = image and steps.inputs.image
    words = ("--image", '"$POSTGRES_IMAGE"') if given else ()
    return (
        steps.session(
            name,
            "--keep",
            FILE,
            *words,
            condition=" && ".join((_WHERE, _FIRST, *green)),
            env={"POSTGRES_IMAGE": expression("inputs.postgres-image")} if given else {},
            may_fail=True,
        ),
        steps.upload(
            "Keep what was tested",
            f"{BEGINNING}{leg}",
            FILE,
            condition=f"steps.{name}.outputs.{KEPT} == 'true'",
            absent="warn",
            may_fail=True,
        ),
    )
