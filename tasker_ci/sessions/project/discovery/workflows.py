"""The workflows that a project has already: when they start, and what they run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.foreign.github.job_runs import job_runs
from tasker_ci.foreign.github.workflow_reading import FOLDER, read_workflows
from tasker_ci.foreign.written_steps import written_steps
from tasker_ci.sessions.project.covering.work import works
from tasker_ci.text.foreign import tabbed
from tasker_ci.workflows.files import is_ours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.github.document import Workflow
    from tasker_ci.foreign.github.job_run import JobRun

_MOST_CHARACTERS = 100


@dataclass(frozen=True, kw_only=True)
class FoundWorkflow:
    """One workflow that somebody wrote; every text is on one line."""

    file: str
    triggers: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    """What its steps run, each once: commands, then the workflows that it calls."""
    unread: str = ""
    """Why it could not be read."""


def without_ours(checkout: Checkout) -> Checkout:
    """A repository without the workflows that `sync` wrote."""
    ours = {
        file
        for file in checkout.files
        if file.parent == FOLDER
        and is_ours((checkout.content(file) or b"").decode(errors="replace"))
    }
    return checkout.with_contents({}, without=ours)


def found_workflows(foreign: Checkout) -> tuple[FoundWorkflow, ...]:
    """The workflows of a repository that `sync` did not write, in the order of their names."""
    workflows = read_workflows(foreign)
    runs, _ = job_runs(workflows)
    return tuple(
        _found(each, [run for run in runs if run.workflow is each], foreign) for each in workflows
    )


def _found(workflow: Workflow, runs: Iterable[JobRun], foreign: Checkout) -> FoundWorkflow:
    unread = next((each.why for each in workflow.opaque), "") if not workflow.jobs else ""
    first = {run.job.name: run for run in reversed([*runs])}
    commands = [
        text for name in workflow.jobs if name in first for text in _commands(first[name], foreign)
    ]
    return FoundWorkflow(
        file=workflow.path.name,
        triggers=tuple(map(_short, workflow.triggers)),
        jobs=tuple(map(_short, workflow.jobs)),
        commands=tuple(dict.fromkeys(map(_short, commands))),
        unread=_short(unread),
    )


def _commands(run: JobRun, foreign: Checkout) -> Iterator[str]:
    for step in written_steps(run, foreign):
        yield from (each.command.text for each in step.commands if works(each, step.commands))
    if run.job.uses:
        yield f"calls {run.job.uses}"


def _short(line: str) -> str:
    line = tabbed(" ".join(line.split()))
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 2]} …"
