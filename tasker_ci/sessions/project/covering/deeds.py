"""What the jobs of a replaced workflow do, in each leg of their matrix."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.github.contexts import contexts_of
from tasker_ci.foreign.github.values import Unknown, as_text
from tasker_ci.foreign.written_steps import WrittenCommand, written_steps
from tasker_ci.sessions.project.covering.problems import (
    after_action,
    after_command,
    after_sources,
    problem_of_job,
    problem_of_step,
)
from tasker_ci.sessions.project.covering.work import line_that_writes, works

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.github.document import Step
    from tasker_ci.foreign.github.job_run import JobRun
    from tasker_ci.foreign.places import Opaque, Place
    from tasker_ci.foreign.written_steps import WrittenStep


_MOST_READ = 400_000
"""So many characters of one job's scripts are read leg by leg; few workflows come near."""


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """One leg in which a step does something."""

    run: JobRun
    problem: str = ""
    """Why nothing here is what a session does: another machine, a container, a condition."""
    command: WrittenCommand | None = None
    uses: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    leads_to: tuple[Command, ...] = ()
    """What it runs in the end."""
    unread: tuple[Opaque, ...] = ()

    @property
    def leg(self) -> str:
        """The values of its leg: ``os windows-latest, rust stable``."""
        return ", ".join(f"{name} {text}" for name, text in _flat("", self.run.leg) if text)


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One command or action of a job, with the occasions on which it is done."""

    text: str
    place: Place
    occasions: tuple[Occasion, ...]


def deeds_of(
    runs: Iterable[JobRun], checkout: Checkout, runners: tuple[str, ...], *, problem: str = ""
) -> list[Deed]:
    """What the legs of one job do; ``runners`` are the labels of ours.

    ``problem`` is one of the whole job. Of very many legs with long scripts one is read.
    """
    legs = [*runs]
    length = max((_length(run) for run in legs), default=0)
    if len(legs) * length > _MOST_READ:
        legs, problem = legs[:1], problem or "its legs are more than is read"
    found: dict[tuple[object, ...], list[Occasion]] = {}
    texts: dict[tuple[object, ...], tuple[str, Place]] = {}
    for run in legs:
        whole = problem or problem_of_job(run, runners)
        reader = _Reader(run=run, checkout=checkout, problem=whole)
        order = {id(step): index for index, step in enumerate(run.job.steps)}
        for written in written_steps(run, checkout):
            for key, text, place, occasion in reader.step(written):
                ordered = (order[id(written.step)], *key)
                texts.setdefault(ordered, (text, place))
                found.setdefault(ordered, []).append(occasion)
    return [
        Deed(text=texts[key][0], place=texts[key][1], occasions=tuple(found[key]))
        for key in sorted(found, key=lambda each: each[0])  # type: ignore[arg-type,return-value]
    ]


_Found = tuple[tuple[object, ...], str, "Place", Occasion]


@dataclass(kw_only=True)
class _Reader:
    """Reads the steps of one leg in their order, and keeps what one does to the later ones."""

    run: JobRun
    checkout: Checkout
    problem: str

    def step(self, written: WrittenStep) -> Iterator[_Found]:
        step = written.step
        here = self.problem or problem_of_step(step, self.run)
        if step.uses:
            occasion = Occasion(
                run=self.run,
                problem=here,
                uses=step.uses,
                inputs=self._inputs(step),
                leads_to=written.leads_to,
                unread=written.opaque,
            )
            yield (), f"uses {step.uses}", step.place, occasion
            self.problem = self.problem or after_action(step.uses, written)
        elif step.run is not None:
            yield from self._script(written, step, here)

    def _script(self, written: WrittenStep, step: Step, here: str) -> Iterator[_Found]:
        count: dict[object, int] = {}
        told: set[Place] = set()
        begin = (step.run_place or step.place).line
        folder = written.commands[0].command.around.folder if written.commands else None
        sources = after_sources(step.run or "", folder, self.checkout)
        for each in written.commands:
            command = each.command
            earlier = (why for line, why in sources.items() if line <= command.place.line - begin)
            here = here or next(earlier, "")
            alone = sum(other.command.place == command.place for other in written.commands) == 1
            places = {command.place, *_places(each)} if alone else set()
            unread = tuple(opaque for opaque in written.opaque if opaque.place in places)
            if works(each, written.commands) or unread:
                told |= {o.place for o in unread}
                place = command.place
                count[place] = count.get(place, 0) + 1
                occasion = Occasion(
                    run=self.run,
                    problem=here,
                    command=each,
                    leads_to=each.leads_to,
                    unread=unread,
                )
                yield (place, count[place]), f"run {command.text}", place, occasion
            later = after_command(each)
            here, self.problem = here or later, self.problem or later
        for opaque in written.opaque:
            if opaque.place not in told:
                occasion = Occasion(run=self.run, problem=here, unread=(opaque,))
                yield ("unread", opaque.place), f"run {opaque.place}", opaque.place, occasion
        if not count and not written.opaque and (line := line_that_writes(step.run or "")):
            place = step.run_place or step.place
            yield ("writes",), f"run {line}", place, Occasion(run=self.run, problem=here)

    def _inputs(self, step: Step) -> dict[str, str]:
        contexts = contexts_of(self.run)
        variables: dict[str, str | None] = {}
        for written in (self.run.workflow.environment, self.run.job.environment, step.environment):
            variables |= contexts.environment(written)
            contexts = contexts_of(self.run, variables)
        return {name: contexts.filled_in(text) for name, text in step.inputs.items()}


def _length(run: JobRun) -> int:
    return sum(len(step.run or "") for step in run.job.steps)


def _places(written: WrittenCommand) -> Iterator[Place]:
    for each in written.leads_to:
        yield each.place


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), inner)
    elif not isinstance(value, (Unknown, list)) and value is not None:
        yield name, re.sub(r"\s+", " ", as_text(value))
