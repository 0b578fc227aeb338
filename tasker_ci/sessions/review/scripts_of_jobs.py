"""The commands of a job as its own scripts have them, also those that run nothing of Rust."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.reading import read_script
from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.command import Surroundings
from tasker_ci.foreign.github.job_run import JobRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.github.document import Job, Step, Workflow

_PLAIN = re.compile(r"(?!\.\.|/)[\w./@+-]+")


def commands_of_scripts(workflow: Workflow, job: Job) -> Iterator[Command]:
    """The commands of a job's steps in their order; nothing that they call is followed.

    Scripts of PowerShell, Python and others are left out, and so is what actions run.
    """
    run = JobRun(workflow=workflow, job=job)
    windows = any("windows" in label.lower() for label in job.runs_on)
    for step in job.steps:
        shell = step.shell or job.shell or workflow.shell or ("pwsh" if windows else "bash")
        if step.run is None or not shell.startswith(("bash", "sh", "zsh")):
            continue
        folder = step.folder or job.folder or workflow.folder or "."
        known = _PLAIN.fullmatch(folder) and not _elsewhere(job, step)
        around = Surroundings(run=run, step=step, folder=PurePosixPath(folder) if known else None)
        place = step.run_place or step.place
        yield from read_script(Script(text=step.run, place=place, around=around)).commands


def _elsewhere(job: Job, step: Step) -> bool:
    """Whether the step finds another repository where its own would be."""
    for each in job.steps:
        if each is step:
            break
        other = (each.uses or "").startswith("actions/checkout@") and each.inputs.get("repository")
        if other and not each.inputs.get("path"):
            return True
    return False
