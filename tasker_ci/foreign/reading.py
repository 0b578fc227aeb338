"""A whole CI, read from the files of a repository: what its jobs run, and what stays unread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tasker_ci.foreign.github.job_runs import job_runs
from tasker_ci.foreign.github.steps import commands_of_run
from tasker_ci.foreign.github.workflow_reading import read_workflows
from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.other_systems import other_systems, unnamed_scripts
from tasker_ci.foreign.places import Opaque
from tasker_ci.foreign.runners.following import read_and_follow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.foreign.bash.script import Script
    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.command import Command, Commands
    from tasker_ci.foreign.github.document import Workflow
    from tasker_ci.foreign.github.job_run import JobRun
    from tasker_ci.foreign.invocations.invocation import Invocation


@dataclass(frozen=True, kw_only=True)
class CiReading:
    """What the jobs of a repository run."""

    checkout: Checkout
    workflows: tuple[Workflow, ...]
    runs: tuple[JobRun, ...]
    """Every leg of every job, those that never run too."""
    commands: tuple[Command, ...]
    """Of all legs that may run, in their order."""
    invocations: tuple[Invocation, ...]
    opaque: tuple[Opaque, ...]
    """What could not be read and may run tests, each place once, in their order."""
    opaque_builds: tuple[Opaque, ...] = ()
    """What could not be read and builds or checks at most."""

    @property
    def complete(self) -> bool:
        """Whether all that could run something was read to the end."""
        return not self.opaque


def read_ci(checkout: Checkout) -> CiReading:
    """Read the workflows of a repository and all that they call. Nothing is started."""
    workflows = read_workflows(checkout)
    opaque = [each for workflow in workflows for each in workflow.opaque]
    opaque += other_systems(checkout.files)
    opaque += unnamed_scripts(checkout)
    runs, unknown = job_runs(workflows)
    opaque += unknown
    commands: list[Command] = []
    read = partial(_read_script, checkout)
    for run in runs:
        if run.runs is False:
            continue
        found, unread = commands_of_run(run, checkout, read)
        commands += found
        opaque += unread
    invocations: list[Invocation] = []
    builds: list[Opaque] = []
    for command in commands:
        invocation = invocation_of(command, checkout)
        if isinstance(invocation, Opaque):
            opaque.append(invocation)
        elif invocation is not None:
            invocations.append(invocation)
            (opaque if may_test(invocation) else builds).extend(invocation.opaque)
    return CiReading(
        checkout=checkout,
        workflows=workflows,
        runs=runs,
        commands=tuple(commands),
        invocations=tuple(invocations),
        opaque=in_order(opaque),
        opaque_builds=in_order(builds),
    )


def may_test(invocation: Invocation) -> bool:
    """Whether a call may run tests, whatever its words mean."""
    return invocation.action in {Action.TEST, Action.RUN}


def in_order(opaque: Iterable[Opaque]) -> tuple[Opaque, ...]:
    """Each place once."""
    return tuple(sorted(dict.fromkeys(opaque)))


def _read_script(checkout: Checkout, script: Script) -> Commands:
    return read_and_follow(script, checkout)
