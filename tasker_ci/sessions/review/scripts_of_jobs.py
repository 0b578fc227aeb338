"""The commands of jobs and actions as their scripts have them, also those that only print."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.outputs import printed_variables, written_to
from tasker_ci.foreign.bash.reading import read_script
from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.command import Surroundings
from tasker_ci.foreign.github.document import Job, Workflow
from tasker_ci.foreign.github.job_run import JobRun
from tasker_ci.foreign.github.workflow_reading import read_action
from tasker_ci.foreign.places import Place
from tasker_ci.sessions.review.workflow_jobs import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.github.document import Step
    from tasker_ci.sessions.review.workflow_jobs import JobKey

_PLAIN = re.compile(r"(?!\.\.|/)[\w./@+-]+")


class ScriptsOfJobs:
    """The commands of all jobs of a repository; each script is read once."""

    def __init__(self) -> None:
        self._by_job: dict[JobKey, tuple[Command, ...]] = {}

    def of(self, workflow: Workflow, job: Job) -> tuple[Command, ...]:
        """The commands of one job."""
        key = key_of(workflow, job)
        if key not in self._by_job:
            self._by_job[key] = tuple(commands_of_scripts(workflow, job))
        return self._by_job[key]


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


def commands_of_actions(checkout: Checkout) -> Iterator[Command]:
    """The commands of every composite action of the repository, likewise."""
    for file in checkout.in_order:
        if file.name not in {"action.yml", "action.yaml"}:
            continue
        action = read_action(checkout, file.parent)
        if action is not None and action.steps:
            place = Place(action.path, 1)
            job = Job(name=file.parent.name, place=place, steps=action.steps)
            yield from commands_of_scripts(Workflow(path=action.path, place=place), job)


def exported_variables(command: Command) -> Mapping[str, str]:
    """What a command writes for later steps; U+E000 in a value stands for what is not known."""
    if "$GITHUB_ENV" not in written_to(command):
        return {}
    words = [command.part(index) for index in range(len(command.words))]
    return printed_variables(words, command.input)


def _elsewhere(job: Job, step: Step) -> bool:
    """Whether the step finds another repository where its own would be."""
    for each in job.steps:
        if each is step:
            break
        other = (each.uses or "").startswith("actions/checkout@") and each.inputs.get("repository")
        if other and not each.inputs.get("path"):
            return True
    return False
