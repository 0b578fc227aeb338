"""ci.yml: it starts on events, calls the workflows of the stages in their order, and the gate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import SettingsError
from tasker_ci.pipeline import ORCHESTRATOR
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.workflows.checked import BRANCH, checked_all
from tasker_ci.workflows.gate import GATE_FILE, SUCCESS
from tasker_ci.workflows.job_steps import NOT_SCRIPTED, TOOLS, StepFactory
from tasker_ci.workflows.model import Call, Job, Step, Workflow, expression
from tasker_ci.workflows.own import own_calls
from tasker_ci.workflows.proven import EVENTS, PROVEN, RUN, proven_job, proven_stages
from tasker_ci.workflows.session_job import runner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.workflows.proven import ProvenStage

FOLDER = PurePosixPath(".github/workflows")

DRIFT = "drift"
"""The job that only the gate waits for: are these files those of the settings?"""

UNLESS_BROKEN = "!failure() && !cancelled()"
"""GitHub skips what needs a skipped job, except where a condition says that a skip is no harm."""

_MINUTES = 15
_LEVELS = ("none", "read", "write")


def orchestrator(steps: StepFactory, stages: Mapping[str, Workflow]) -> Workflow:
    """The workflow that calls the ``stages`` (by name) and the gate over all of them."""
    settings = steps.inputs.settings.workflows
    branches = _branches(settings.branches)
    proven = proven_stages(steps, stages)
    own = own_calls(steps.inputs, taken=(DRIFT, SUCCESS, *stages, *([PROVEN] if proven else [])))
    skipped = (each.before and (each.may_skip or each.events) for each in own)
    condition = UNLESS_BROKEN if proven or any(skipped) else None
    jobs: dict[str, Job | Call] = {DRIFT: _drift(steps)}
    if proven:
        jobs[PROVEN] = proven_job(steps, proven, _image_makers(steps))
    for stage in steps.inputs.stages:
        before = tuple(each for each in own if each.before == stage.name)
        jobs.update({each.job: each.call(steps, stage.needs) for each in before})
        needs = (*stage.needs, *(each.job for each in before))
        call = _call(steps, stages[stage.name], needs)
        jobs[stage.name] = proven[stage.name].under(call) if stage.name in proven else call
        after = (each for each in own if each.after == stage.name and not each.before)
        jobs.update({each.job: each.call(steps, (stage.name,)) for each in after})
    jobs.update({each.job: each.call(steps, ()) for each in own if each.starts_at_once})
    if condition:
        jobs = {name: _under(condition, job) for name, job in jobs.items()}
    jobs[SUCCESS] = Call(
        name="ci-success",
        uses=steps.local(str(FOLDER / GATE_FILE)),
        needs=tuple(jobs),
        condition="always()",
        inputs={
            "results": "".join(f"{name}={expression(f'needs.{name}.result')}\n" for name in jobs),
            **(_proofs(proven) if proven else {}),
        },
    )
    return Workflow(
        file=ORCHESTRATOR,
        name="CI",
        purpose="Starts on events and calls the other workflows in their order.",
        callable=False,
        triggers={
            "push": {"branches": branches},
            "pull_request": {"branches": branches},
            "merge_group": None,
            "workflow_dispatch": None,
        },
        concurrency={
            # One group for each pull request, so that a new push ends the run of the old one. All
            # else is a group of its own: GitHub drops what waits in a group when more comes.
            "group": f"ci-{expression('github.event.pull_request.number || github.run_id')}",
            "cancel-in-progress": expression("github.event_name == 'pull_request'"),
        },
        jobs=jobs,
    )


def may_skip(steps: StepFactory) -> tuple[str, ...]:
    """The jobs of the orchestrator that the gate lets be skipped."""
    return tuple(name for name, row in steps.inputs.settings.workflows.own.items() if row.may_skip)


def only_on(steps: StepFactory, *, proven: bool) -> dict[str, tuple[str, ...]]:
    """The jobs that do not run on every event, with those on which they do.

    ``proven`` says whether one looks for green runs.
    """
    rows = steps.inputs.settings.workflows.own
    asked = {PROVEN: EVENTS} if proven else {}
    return {**{name: row.events for name, row in rows.items() if row.events}, **asked}


def _proofs(proven: Mapping[str, ProvenStage]) -> dict[str, str]:
    said = f"needs.{PROVEN}.outputs"
    return {
        "proven": "".join(
            f"{name}={expression(f'{said}.{stage.output}')}\n" for name, stage in proven.items()
        ),
        "run": expression(f"{said}.{RUN}"),
    }


def _branches(names: tuple[str, ...]) -> list[str]:
    """Filters of branches; where each takes some out, none is left."""
    setting = "workflows.branches"
    branches = list(checked_all(names, BRANCH, setting=setting, what="branch"))
    if all(name.startswith("!") for name in branches):
        raise SettingsError(
            f"`{setting}` has only branches to leave out: nothing would start the pipeline.",
            next_step=f"Name one to check in {SETTINGS_FILE}.",
        )
    return branches


def _drift(steps: StepFactory) -> Job:
    first = (name for name, row in steps.inputs.sessions.items() if row.begins)
    return Job(
        name="Generated files",
        runner=runner(steps),
        minutes=_MINUTES,
        permissions={"contents": "read"},
        env=dict(NOT_SCRIPTED),
        steps=(
            steps.checkout(),
            # Nothing from a cache: this file may start on the pushes of releases, too.
            *steps.python((TOOLS,), cached=False),
            # Without Go the checkers that are there do, and the session says which was not asked.
            Step(
                name="Tool actionlint",
                run="exec nox -s tools -- --tool actionlint\n",
                may_fail=True,
            ),
            *map(steps.session, first),
        ),
    )


def _call(steps: StepFactory, workflow: Workflow, needs: tuple[str, ...]) -> Call:
    inputs: dict[str, Any] = {}
    # The output of a job is there for those alone that need it themselves.
    made = _image_makers(steps)
    if "postgres-image" in workflow.inputs and made:
        needs = tuple(dict.fromkeys((*made, *needs)))
        inputs = {"postgres-image": expression(f"needs.{made[0]}.outputs.postgres-image")}
    return Call(
        name=workflow.name,
        uses=steps.local(str(FOLDER / workflow.file)),
        needs=needs,
        permissions=_all_permissions(workflow),
        inputs=inputs,
    )


def _image_makers(steps: StepFactory) -> tuple[str, ...]:
    return tuple(stage.name for stage in steps.inputs.stages if stage.makes_image)


def _all_permissions(workflow: Workflow) -> dict[str, str]:
    """A called workflow cannot have more than its caller, so the caller has what its jobs ask."""
    result: dict[str, str] = {}
    for job in workflow.jobs.values():
        for scope, level in job.permissions.items():
            result[scope] = max(level, result.get(scope, "none"), key=_LEVELS.index)
    return result


def _under(condition: str, job: Job | Call) -> Job | Call:
    if not job.needs:
        return job
    own = f" && ({job.condition})" if job.condition else ""
    return replace(job, condition=condition + own)
