"""The pipeline: stages, what they need, and the order of their sessions.

The families bring the stages. Read by the session `ci`, which walks the pipeline on this machine,
and by the generator of workflows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from itertools import takewhile
from typing import TYPE_CHECKING, Protocol, TypeVar

from tasker_ci.errors import UsageError
from tasker_ci.text.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from tasker_ci.settings.model import Settings


ORCHESTRATOR = "ci.yml"
"""The file of the workflow that calls those of the stages."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A group of sessions that is one job; it starts when all it ``needs`` was green."""

    name: str
    needs: tuple[str, ...] = ()
    title: str | None = None
    """Its name for people, where its workflow is the common one."""
    file: str = ""
    """The file of its workflow on GitHub."""
    purpose: str | None = None
    """What the workflow is for, likewise."""
    only_with: str | None = None
    """The setting without which it is not there (``bench.pipeline``); None where it always is."""
    closed: bool = False
    """Whether no session of a project's own can belong to it."""
    makes_image: bool = False
    """Whether it makes the image of the database for all others. On GitHub it is a job, and what
    starts services waits for it without naming it; on one machine it has no session, because a
    stack builds the image that it needs itself."""
    alone: bool = False
    """Whether on one machine it waits until all before it have ended: company spoils a measurement.
    On GitHub each stage has a machine to itself."""

    @property
    def is_asked_for(self) -> bool:
        """Whether a switch puts it into the pipeline (``bench.pipeline``).

        Another setting names what there is to run (``integration.targets``).
        """
        return self.only_with is not None and self.only_with.endswith(".pipeline")


class StageMember(Protocol):
    """What the pipeline has to know of a session."""

    @property
    def stage(self) -> str | None:
        """The stage it belongs to; None for none."""

    @property
    def follows(self) -> tuple[str, ...]:
        """Sessions whose end it waits for, because it reads what they leave."""

    @property
    def joins(self) -> bool:
        """Whether it may compile while the one before it runs what that has compiled."""

    @property
    def compiles(self) -> str | None:
        """Sessions with one word share a target directory and follow one another, others do not."""


BUILD = "build"
"""The artefacts of what is run: `compiles` of unit, doctest and the like."""

Placed = TypeVar("Placed", bound=StageMember)


QUALITY = Stage(
    name="quality",
    title="Code quality",
    file="code-quality.yml",
    purpose="Format, lints, documentation and advisories, a step for each session.",
)
"""The stage of checks, which several families share."""


def in_order(stages: Iterable[Stage]) -> tuple[Stage, ...]:
    """The stages so that each follows all that it needs; those that stay ``alone`` are the last.

    What makes the image is the first.

    Otherwise the order stays; what needs a stage that is not there does not wait for it. Raises
    `graphlib.CycleError` where stages need one another.
    """
    named = {stage.name: stage for stage in stages}
    graph = {name: [need for need in stage.needs if need in named] for name, stage in named.items()}
    TopologicalSorter(graph).prepare()
    ordered: dict[str, Stage] = {}

    def add(name: str) -> None:
        for need in graph[name]:
            add(need)
        ordered.setdefault(name, replace(named[name], needs=tuple(graph[name])))

    for name in sorted(named, key=lambda each: (named[each].alone, not named[each].makes_image)):
        add(name)
    return tuple(ordered.values())


def in_pipeline_order(
    sessions: Mapping[str, Placed], stages: tuple[Stage, ...]
) -> dict[str, Placed]:
    """The sessions in the order of the pipeline, then those that people call by hand."""
    places: dict[str | None, int] = {stage.name: place for place, stage in enumerate(stages)}
    names = sorted(sessions, key=lambda name: places.get(sessions[name].stage, len(places)))
    return {name: sessions[name] for name in names}


def stages_of(
    settings: Settings, stages: tuple[Stage, ...], *, images: bool = True
) -> tuple[Stage, ...]:
    """Those of the ``stages`` that the pipeline of a workspace has, in the flow of its settings.

    ``images`` says whether there is an image to build. What needs an absent stage needs what that
    one needed.
    """
    result = stages
    if settings.pipeline.flow != "staged":
        result = tuple(replace(stage, needs=()) for stage in stages)
    for stage in stages:
        absent = stage.only_with and not settings.has(stage.only_with)
        if absent or (stage.makes_image and not images):
            result = without(result, stage.name)
    return result


def without(stages: tuple[Stage, ...], name: str) -> tuple[Stage, ...]:
    """The stages without one of them."""
    (removed,) = (stage for stage in stages if stage.name == name)
    return tuple(
        replace(stage, needs=_replaced(stage.needs, name, removed.needs))
        for stage in stages
        if stage.name != name
    )


def _replaced(needs: tuple[str, ...], name: str, by: tuple[str, ...]) -> tuple[str, ...]:
    chain = (by if need == name else (need,) for need in needs)
    return tuple(dict.fromkeys(need for group in chain for need in group))


@dataclass(frozen=True, kw_only=True)
class PlannedSession:
    """One session in the pipeline."""

    session: str
    after: tuple[str, ...]
    """Sessions that have to end before, however they end: it reads their reports, or they would
    disturb what it measures."""
    behind: tuple[str, ...]
    """Sessions that have to have compiled before, or ended: they hold the same target directory."""
    requires: tuple[str, ...]
    """Sessions that have to be green: they belong to the stages that this one needs."""


def steps(
    sessions: Mapping[str, StageMember], stages: tuple[Stage, ...], *, one_directory: bool = False
) -> tuple[PlannedSession, ...]:
    """The sessions of the pipeline in its order, each with what it waits for.

    What checks (clippy, doc) and what builds (unit, doctest) are side by side. They have a target
    directory each, or with ``one_directory`` one for both: there what checks waits until the first
    builds have compiled, and runs beside their tests.
    """
    members = {
        stage.name: [name for name, session in sessions.items() if session.stage == stage.name]
        for stage in stages
    }
    result: list[PlannedSession] = []
    for stage in stages:
        required = tuple(name for need in stage.needs for name in members[need])
        for name in members[stage.name]:
            before = tuple(step.session for step in result)
            follows = sessions[name].follows
            after = before if stage.alone else tuple(each for each in before if each in follows)
            result.append(PlannedSession(session=name, after=after, behind=(), requires=required))
    return tuple(_in_turn(result, sessions, one_directory=one_directory))


def _in_turn(
    plan: list[PlannedSession], sessions: Mapping[str, StageMember], *, one_directory: bool
) -> Iterator[PlannedSession]:
    """The steps, each behind those that compile into its directory before it.

    What the one before has compiled still runs when cargo lets its lock go, and could be made anew
    under it: a session waits for the end of those with the same artefacts, unless it joins them.
    """
    earlier: dict[str, list[str]] = {}
    waits: dict[str, set[str]] = {}
    first: tuple[str, ...] = ()
    if one_directory:  # what builds compiles first, so that its tests run meanwhile
        builds = [step for step in plan if sessions[step.session].compiles == BUILD]
        joined = takewhile(lambda step: sessions[step.session].joins, builds[1:])
        first = tuple(step.session for step in (*builds[:1], *joined))
    for step in plan:
        direct = (*step.after, *step.requires)
        waits[step.session] = set(direct).union(*(waits[each] for each in direct))
    for step in plan:
        member = sessions[step.session]
        if not member.compiles:
            yield step
            continue
        before = earlier.setdefault(member.compiles, [])
        if member.compiles == BUILD:
            behind = tuple(before[-1:]) if member.joins else ()
        else:
            checks = step.session
            behind = tuple(each for each in first if checks not in waits[each])
        ends = () if behind and member.compiles == BUILD else tuple(before)
        before.append(step.session)
        yield replace(step, behind=behind, after=tuple(dict.fromkeys((*step.after, *ends))))


def check_known(names: Iterable[str], known: Sequence[str]) -> None:
    """Raise `UsageError` for a name that is no session of the pipeline."""
    for name in names:
        if name not in known:
            message = f"{name!r} is no session of the pipeline.{did_you_mean(name, known)}"
            raise UsageError(message, next_step=f"It has {', '.join(known)}.")


def narrowed(plan: Iterable[PlannedSession], names: Collection[str]) -> tuple[PlannedSession, ...]:
    """The sessions of a plan with these names, each with what it waits for among themselves."""

    def among(others: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in others if each in names)

    return tuple(
        replace(
            step,
            after=among(step.after),
            behind=among(step.behind),
            requires=among(step.requires),
        )
        for step in plan
        if step.session in names
    )
