"""The workflows of a project: one orchestrator, one for each stage, one gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.session import load
from tasker_ci.text.yaml import yaml_text
from tasker_ci.workflows.files import GeneratedFile, with_header
from tasker_ci.workflows.gate import SUCCESS, gate_workflow
from tasker_ci.workflows.job_steps import StepFactory
from tasker_ci.workflows.orchestrator import FOLDER, may_skip, only_on, orchestrator
from tasker_ci.workflows.proven import proven_stages
from tasker_ci.workflows.stage_workflow import stage_workflow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.pipeline import Stage
    from tasker_ci.workflows.inputs import Inputs
    from tasker_ci.workflows.model import Workflow


def workflows_of(inputs: Inputs) -> tuple[Workflow, ...]:
    """The workflows in the order in which they run: the orchestrator first, the gate last.

    Those with events of their own stand before the gate.

    Raises `SettingsError` for settings that cannot stand in a workflow.
    """
    steps = StepFactory.of(inputs)
    stages: Mapping[str, Workflow] = {
        stage.name: _workflow(steps, stage) for stage in inputs.stages
    }
    first = orchestrator(steps, stages)
    jobs = tuple(name for name in first.jobs if name != SUCCESS)
    proven = bool(proven_stages(steps, stages))
    standing = (load(each)(steps) for each in inputs.rows.standing)
    return (
        first,
        *stages.values(),
        *(workflow for workflow in standing if workflow is not None),
        gate_workflow(
            steps,
            jobs,
            may_skip(steps),
            only_on(steps, proven=proven),
            proven=proven,
        ),
    )


def _workflow(steps: StepFactory, stage: Stage) -> Workflow:
    own = steps.inputs.rows.workflows.get(stage.name)
    if own is None:
        return stage_workflow(steps, stage)
    workflow: Workflow = load(own)(steps)
    return workflow


def workflow_file(workflow: Workflow) -> GeneratedFile:
    """The file of a workflow."""
    return GeneratedFile(path=FOLDER / workflow.file, text=with_header(yaml_text(workflow.data())))
