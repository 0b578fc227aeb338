"""The workflows of a project: one orchestrator, one for each stage, one gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.generate.files import GeneratedFile, with_header
from tasker_ci.generate.text.yaml import yaml_text
from tasker_ci.generate.workflows.bench import bench_workflow
from tasker_ci.generate.workflows.coverage import coverage_workflow
from tasker_ci.generate.workflows.gate import SUCCESS, gate_workflow
from tasker_ci.generate.workflows.images import images_workflow
from tasker_ci.generate.workflows.job_steps import StepFactory
from tasker_ci.generate.workflows.orchestrator import FOLDER, may_skip, orchestrator
from tasker_ci.generate.workflows.scan import scan_workflow
from tasker_ci.generate.workflows.sessions import (
    integration_workflow,
    quality_workflow,
    unit_workflow,
)
from tasker_ci.pipeline import BENCH, COVERAGE, IMAGES, INTEGRATION, QUALITY, SCAN, UNIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.generate.inputs import Inputs
    from tasker_ci.generate.workflows.model import Workflow

_OF_STAGE = {
    IMAGES: images_workflow,
    QUALITY: quality_workflow,
    UNIT: unit_workflow,
    INTEGRATION: integration_workflow,
    COVERAGE: coverage_workflow,
    SCAN: scan_workflow,
    BENCH: bench_workflow,
}


def workflows_of(inputs: Inputs) -> tuple[Workflow, ...]:
    """The workflows in the order in which they run, the orchestrator first.

    Raises `SettingsError` for settings that cannot stand in a workflow.
    """
    steps = StepFactory.of(inputs)
    stages: Mapping[str, Workflow] = {
        stage.name: _OF_STAGE[stage.name](steps) for stage in inputs.stages
    }
    first = orchestrator(steps, stages)
    jobs = tuple(name for name in first.jobs if name != SUCCESS)
    return (first, *stages.values(), gate_workflow(steps, jobs, may_skip(steps)))


def workflow_file(workflow: Workflow) -> GeneratedFile:
    """The file of a workflow."""
    return GeneratedFile(path=FOLDER / workflow.file, text=with_header(yaml_text(workflow.data())))
