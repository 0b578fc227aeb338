"""The steps of a job command by command as they are written, each with what it leads to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.reading import read_script
from tasker_ci.foreign.github.steps import walk_run
from tasker_ci.foreign.runners.following import read_and_follow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tasker_ci.foreign.bash.script import Script
    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.command import Command, Commands
    from tasker_ci.foreign.github.document import Step
    from tasker_ci.foreign.github.job_run import JobRun
    from tasker_ci.foreign.places import Opaque


@dataclass(frozen=True, kw_only=True)
class WrittenCommand:
    """One command of a step's script."""

    command: Command
    leads_to: tuple[Command, ...]
    """What it runs in the end: itself, or what a script, a recipe or a task of its runs."""


@dataclass(frozen=True, kw_only=True)
class WrittenStep:
    """One step of a job that is not passed over."""

    step: Step
    commands: tuple[WrittenCommand, ...] = ()
    """Of its ``run:``."""
    leads_to: tuple[Command, ...] = ()
    """What it runs in the end, an action too."""
    opaque: tuple[Opaque, ...] = ()
    """What of it cannot be read."""


def written_steps(run: JobRun, checkout: Checkout) -> tuple[WrittenStep, ...]:
    """The steps of one leg; one that is known never to run is read all the same."""
    written: dict[int, list[Command]] = defaultdict(list)
    unread: dict[int, list[Opaque]] = defaultdict(list)

    def read(script: Script) -> Commands:
        found = read_and_follow(script, checkout)
        if (step := script.around.step) is not None:
            written[id(step)] += read_script(script, checkout).commands
            unread[id(step)] += found.opaque
        return found

    # One that never runs is read as one that may.
    walked = walk_run(replace(run, runs=None if run.runs is False else run.runs), checkout, read)
    unreadable = {each.place for each in walked.opaque}
    steps = [
        step
        for step in run.job.steps
        if step.place in unreadable or any(each is step for each in walked.steps)
    ]
    own = {step.place for step in steps} | {
        each.place for found in unread.values() for each in found
    }
    inner = [each for each in walked.opaque if each.place not in own]
    return tuple(
        WrittenStep(
            step=step,
            commands=tuple(_each(written[id(step)], leads_to)) if step.run is not None else (),
            leads_to=leads_to,
            opaque=(
                *dict.fromkeys(unread[id(step)]),
                *(each for each in walked.opaque if each.place == step.place),
                *(inner if (step.uses or "").startswith("./") else ()),
            ),
        )
        for step in steps
        for leads_to in [tuple(_of_step(step, walked.commands))]
    )


def _of_step(step: Step, commands: Iterable[Command]) -> Iterator[Command]:
    for each in commands:
        if each.around.step is step or step.place in each.trail[:1]:
            yield each


def _each(written: Sequence[Command], leads_to: Sequence[Command]) -> Iterator[WrittenCommand]:
    """Each command with what it leads to; several of one line share what is not their own."""
    left = [*leads_to]
    own: dict[int, Command] = {}
    for number, command in enumerate(written):
        for each in left:
            if not each.trail and (each.place, each.words) == (command.place, command.words):
                own[number] = each
                left.remove(each)
                break
    for number, command in enumerate(written):
        if number in own:
            same = replace(command, around=own[number].around)
            yield WrittenCommand(command=same, leads_to=(own[number],))
            continue
        inner = [each for each in left if command.place in (each.trail or (each.place,))[:1]]
        alike = [each for each in inner if not each.trail and each.text == command.text]
        yield WrittenCommand(command=command, leads_to=tuple(alike or inner))
