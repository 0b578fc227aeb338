"""The first job of a push: it looks for a green run that has tested this very tree.

It says for each stage which run did, in an output of its own; the stage is skipped then, and the
gate takes that output, and nothing else, for a reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from tasker_ci.text.yaml import Remarked
from tasker_ci.workflows.checked import counted
from tasker_ci.workflows.job_steps import CACHE, TOOLCHAIN_VARIABLE
from tasker_ci.workflows.kept_proof import BEGINNING, asking_session
from tasker_ci.workflows.model import Job, Step, expression
from tasker_ci.workflows.session_job import runner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.workflows.job_steps import StepFactory
    from tasker_ci.workflows.model import Call, Workflow

PROVEN = "proven"
"""The job of the orchestrator."""

TITLE = "Tested already"
"""The name of the job for people, by which GitHub's API knows it."""

NO_CACHE = "none"
"""What stands for the caches of a stage that fills none."""

RUN = "run"
"""The output that is the address of the run; empty where there is none."""

EVENTS = ("push",)
"""The events on which it runs."""

_MINUTES = 15
_MOST_HOURS = 24
"""A green run counts for its day, because code reads the clock and what is tolerated has a date."""

_FOLDER = ".tasker-ci/carried"

_LEAVE_NOTHING_ELSE = (
    *("actions/checkout@", "actions/setup-python@", "actions/upload-artifact@"),
    *("Swatinem/rust-cache@", "Mozilla-Actions/sccache-action@", "docker/login-action@"),
)
"""Actions of jobs that only test. With any other a job does something for others too, such as an
upload or results for the next run, and is never skipped."""


@dataclass(frozen=True, kw_only=True)
class ProvenStage:
    """A stage that need not run where all its jobs left a proof elsewhere."""

    name: str
    legs: tuple[str, ...]
    """What ends the names of what its jobs keep, one for each."""
    toolchains: tuple[str, ...]
    caches: tuple[Mapping[str, Any], ...]
    """What it gives the action for each cache that it fills."""

    @property
    def output(self) -> str:
        """The output of the job that says by which run it is proven."""
        return f"{PROVEN}-{self.name}"

    def under(self, job: Call) -> Call:
        """The call of the stage, which is skipped where it is proven."""
        looked = f"needs.{PROVEN}.result == 'success'"
        condition = f"!({looked} && needs.{PROVEN}.outputs.{self.output})"
        needs = tuple(dict.fromkeys((*job.needs, PROVEN)))
        return replace(job, needs=needs, condition=condition)


def proven_stages(
    steps: StepFactory, workflows: Mapping[str, Workflow]
) -> Mapping[str, ProvenStage]:
    """The stages that may be skipped; none where the settings do not ask for it."""
    if asking_session(steps) is None:
        return {}
    found = ((name, _proven_stage(steps, name, each)) for name, each in workflows.items())
    return {name: stage for name, stage in found if stage is not None}


def proven_job(
    steps: StepFactory, stages: Mapping[str, ProvenStage], images: tuple[str, ...]
) -> Job:
    """The job; ``images`` is the stage that makes the image of the database, or nothing.

    Whatever fails in it does no harm: then no output is there, and everything runs.
    """
    name = asking_session(steps)
    assert name is not None  # noqa: S101 - there are stages
    toolchains = tuple(
        dict.fromkeys(each for stage in stages.values() for each in stage.toolchains)
    )
    lookups = {stage.name: tuple(_lookups(stage)) for stage in stages.values()}
    hits = (f"{stage}={_hits(found)}" for stage, found in lookups.items())
    image = expression(f"needs.{images[0]}.outputs.postgres-image") if images else ""
    hours = counted(
        steps.inputs.settings.workflows.proven_hours,
        setting="workflows.proven-hours",
        most=_MOST_HOURS,
    )
    return Job(
        name=TITLE,
        runner=runner(steps),
        minutes=_MINUTES,
        needs=images,
        condition=" || ".join(f"github.event_name == '{each}'" for each in EVENTS),
        permissions={
            "contents": "read",
            "actions": Remarked("read", "looks for a green run, and reads what it left"),
        },
        env=steps.environment(""),
        outputs={
            RUN: expression(f"steps.{name}.outputs.{RUN}"),
            **{
                stage.output: expression(f"steps.{name}.outputs.{stage.output}")
                for stage in stages.values()
            },
        },
        steps=_harmless(
            steps.checkout(),
            *steps.surroundings(*toolchains),
            *(step for found in lookups.values() for step in found),
            *steps.python(()),
            steps.session(
                name,
                *("--jobs", '"$JOBS"', "--caches", '"$CACHES"', "--carry", _FOLDER),
                *("--hours", str(hours)),
                *(("--image", '"$POSTGRES_IMAGE"') if images else ()),
                env={
                    "GITHUB_TOKEN": expression("github.token"),
                    "JOBS": " ".join(
                        f"{stage.name}={','.join(stage.legs)}" for stage in stages.values()
                    ),
                    "CACHES": " ".join(hits),
                    **({"POSTGRES_IMAGE": image} if images else {}),
                },
            ),
            replace(
                carried := steps.upload(
                    "Carry the history over",
                    "history-proven",
                    _FOLDER,
                    condition=f"steps.{name}.outputs.{RUN} != ''",
                    absent="ignore",
                ),
                inputs={**carried.inputs, "include-hidden-files": True},
            ),
        ),
    )


def _lookups(stage: ProvenStage) -> Iterator[Step]:
    """A step for each cache that the stage fills: the action itself knows the key."""
    for place, inputs in enumerate(stage.caches, start=1):
        yield Step(
            name=f"Is there the cache {inputs['shared-key']}?",
            id=f"{stage.name}-cache-{place}",
            uses=inputs["uses"],
            inputs={
                **{name: value for name, value in inputs.items() if name != "uses"},
                "save-if": "false",
                "lookup-only": True,
            },
        )


def _harmless(*steps: Step) -> tuple[Step, ...]:
    """A step that fails here leaves something unknown, and then everything runs."""
    return tuple(replace(step, may_fail=True) for step in steps)


def _hits(lookups: tuple[Step, ...]) -> str:
    hits = (expression(f"steps.{step.id}.outputs.cache-hit") for step in lookups)
    return ",".join(hits) or NO_CACHE


def _proven_stage(steps: StepFactory, name: str, workflow: Workflow) -> ProvenStage | None:
    legs: list[str] = []
    toolchains: list[str] = []
    caches: list[Mapping[str, Any]] = []
    for job in workflow.jobs.values():
        if not isinstance(job, Job) or not _only_tests(steps, job):
            return None
        kept = [
            str(step.inputs["name"]).removeprefix(BEGINNING)
            for step in job.steps
            if str(step.inputs.get("name", "")).startswith(BEGINNING)
        ]
        if len(kept) != 1:
            return None
        for values in _combinations(job.matrix):
            legs.append(_filled(kept[0], values))
            toolchains.append(_filled(str(job.env.get(TOOLCHAIN_VARIABLE, "")), values))
            caches += [
                {
                    **{key: _filled(value, values) for key, value in step.inputs.items()},
                    "uses": step.uses,
                }
                for step in job.steps
                if step.name == CACHE and step.inputs.get("save-if") != "false"
            ]
    distinct = {str(each["shared-key"]): each for each in caches}
    return ProvenStage(
        name=name,
        legs=tuple(legs),
        toolchains=tuple(toolchains),
        caches=tuple(distinct.values()),
    )


def _only_tests(steps: StepFactory, job: Job) -> bool:
    """Whether all that a job does is to test, in sessions that a green run can speak for."""
    used = (str(step.uses) for step in job.steps if step.uses)
    known = (*_LEAVE_NOTHING_ELSE, steps.local(""))
    rows = steps.inputs.sessions
    asked = asking_session(steps)
    sessions = [step.id for step in job.steps if step.id in rows and step.id != asked]
    return all(each.startswith(known) for each in used) and all(
        not rows[each].stage or rows[each].proves is not None for each in sessions if each
    )


def _combinations(matrix: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    for values in product(*matrix.values()):
        yield dict(zip(matrix, map(str, values), strict=True))


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if not isinstance(value, str):
        return value
    for name, each in values.items():
        value = value.replace(expression(f"matrix.{name}"), each)
    return value
