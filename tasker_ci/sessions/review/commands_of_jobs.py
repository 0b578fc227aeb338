"""The commands of a reading by the jobs that run them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.github.document import Job, Workflow
    from tasker_ci.foreign.github.job_run import JobRun
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


def commands_by_job(reading: CiReading) -> Mapping[JobKey, Sequence[Command]]:
    """What each job runs in any leg; of a job that calls a workflow, what that runs."""
    found: dict[JobKey, list[Command]] = defaultdict(list)
    for command in reading.commands:
        run: JobRun | None = command.around.run
        while run is not None:
            found[key_of(run.workflow, run.job)].append(command)
            run = run.caller
    return found
