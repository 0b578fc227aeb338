"""The pipeline: stages, what they need, and the order of their sessions. The only place for that.

Read by the session `ci`, which walks it on this machine, and by the generator of workflows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.settings.model import Settings


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A group of sessions that is one job; it starts when all it ``needs`` was green."""

    name: str
    needs: tuple[str, ...] = ()
    title: str = ""
    """Its name for people, where its workflow is the common one."""
    file: str = ""
    """The file of its workflow, likewise."""
    purpose: str = ""
    """What the workflow is for, likewise."""
    optional: bool = False
    """Whether it is there only where its settings say so (``pipeline``)."""
    alone: bool = False
    """Whether on one machine it waits until all before it have ended: company spoils a measurement.
    On GitHub each stage has a machine to itself."""


IMAGES = "images"
QUALITY = "quality"
UNIT = "unit"
INTEGRATION = "integration"
COVERAGE = "coverage"
SCAN = "scan"
BENCH = "bench"

STAGES = (
    Stage(name=IMAGES),
    Stage(
        name=QUALITY,
        needs=(IMAGES,),
        title="Code quality",
        file="code-quality.yml",
        purpose="Format, lints, documentation and advisories, a step for each session.",
    ),
    Stage(name=UNIT, needs=(IMAGES,)),
    Stage(name=INTEGRATION, needs=(QUALITY, UNIT)),
    Stage(name=COVERAGE, needs=(QUALITY, UNIT), optional=True),
    Stage(name=SCAN, needs=(IMAGES,), optional=True),
    Stage(name=BENCH, needs=(QUALITY, UNIT), optional=True, alone=True),
)
"""In the order of the pipeline. On one machine the stage of images has no session: a stack builds
the image that it needs itself; on GitHub it is a job whose image all others use."""


def stages_of(settings: Settings, *, images: bool = True) -> tuple[Stage, ...]:
    """The stages of a workspace in the flow of its settings.

    Without end-to-end tests there is no integration, and the optional ones are there where settings
    ask for them; ``images`` says whether there is an image to
    build. What needs an absent stage needs what that one needed.
    """
    stages = STAGES if settings.pipeline.flow == "staged" else tuple(map(_flat, STAGES))
    if not settings.integration.targets:
        stages = without(stages, INTEGRATION)
    for stage in STAGES:
        if stage.optional and not getattr(settings.table(stage.name), "pipeline", False):
            stages = without(stages, stage.name)
    return stages if images else without(stages, IMAGES)


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


def _flat(stage: Stage) -> Stage:
    """Nothing waits but for the images."""
    return replace(stage, needs=() if stage.name == IMAGES else (IMAGES,))


class Member(Protocol):
    """What the pipeline has to know of a session."""

    @property
    def stage(self) -> str:
        """The stage it belongs to; "" for none."""

    @property
    def compiles(self) -> str:
        """Sessions with one word share a target directory and follow one another; "" for none."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One session in the pipeline."""

    session: str
    after: tuple[str, ...]
    """Sessions that have to end before, however they end: they hold the same target directory, or
    would disturb what is measured."""
    requires: tuple[str, ...]
    """Sessions that have to be green: they belong to the stages that this one needs."""


def steps(sessions: Mapping[str, Member], stages: tuple[Stage, ...] = STAGES) -> tuple[Step, ...]:
    """The sessions of the pipeline in its order, each with what it waits for.

    What shares no artefacts is side by side: what checks (clippy, doc) and what builds (unit,
    doctest) have a target directory each, so that cargo's lock keeps neither waiting.
    """
    members = {
        stage.name: [name for name, session in sessions.items() if session.stage == stage.name]
        for stage in stages
    }
    result: list[Step] = []
    newest: dict[str, str] = {}
    for stage in stages:
        required = tuple(name for need in stage.needs for name in members[need])
        for name in members[stage.name]:
            compiles = sessions[name].compiles
            earlier = [newest[compiles]] if compiles in newest else []
            after = [step.session for step in result] if stage.alone else earlier
            result.append(Step(session=name, after=tuple(after), requires=required))
            if compiles:
                newest[compiles] = name
    return tuple(result)


def sorter(plan: tuple[Step, ...]) -> TopologicalSorter[str]:
    """The steps as a graph that is ready to be walked."""
    graph: TopologicalSorter[str] = TopologicalSorter()
    for step in plan:
        graph.add(step.session, *step.after, *step.requires)
    graph.prepare()
    return graph
