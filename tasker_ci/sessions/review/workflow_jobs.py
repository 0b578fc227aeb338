"""The jobs of a reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from tasker_ci.foreign.github.document import Job, Workflow
    from tasker_ci.foreign.reading import CiReading

JobKey = tuple["PurePosixPath", str]
"""The file of a workflow and the name of a job."""


def key_of(workflow: Workflow, job: Job) -> JobKey:
    """What a job is found by."""
    return workflow.path, job.name


def jobs_of(reading: CiReading) -> Iterator[tuple[Workflow, Job]]:
    """Every job of every workflow."""
    for workflow in reading.workflows:
        for job in workflow.jobs.values():
            yield workflow, job
