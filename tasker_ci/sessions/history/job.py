"""What a job keeps of the history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.sessions.history.settings import HistorySettings
from tasker_ci.workflows.checked import path_of_checkout

if TYPE_CHECKING:
    from tasker_ci.workflows.job_steps import StepFactory
    from tasker_ci.workflows.model import Step


def kept(steps: StepFactory, leg: str) -> tuple[Step, ...]:
    """The records of the job's sessions, which `trend --from` reads."""
    settings = steps.inputs.settings.of(HistorySettings)
    if settings.keep < 1:
        return ()
    folder = path_of_checkout(settings.folder, setting="history.folder", absolute=True)
    upload = steps.upload(
        "Keep the history of the runs",
        f"history-{leg}",
        folder,
        condition=steps.after_preparation(),
        absent="warn",
    )
    return (replace(upload, inputs={**upload.inputs, "include-hidden-files": True}),)
