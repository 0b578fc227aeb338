"""The usual critical path of a workflow, by its file: beside a recording, or of this project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasker_ci.errors import TaskerCIError
from tasker_ci.sessions.insights.critical_path import UsualPath, graph_of, usual_path
from tasker_ci.text.file_reading import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.sessions.insights.model import WorkflowHistory


def critical_path(
    context: Context, found: WorkflowHistory, workflow: str, places: Iterable[Path]
) -> UsualPath | str:
    """The usual path, or why there is none; by the files of the first place that has its file."""
    known = (_workflow_files(place) for place in places)
    files: Mapping[str, Mapping[str, Any]] = next((each for each in known if workflow in each), {})
    if not files:
        try:
            files = _generated(context)
        except TaskerCIError as error:
            return f"the settings make no workflows ({error.message})"
    if workflow not in files:
        return (
            f"{workflow or 'the workflow'} is no workflow of this project, so what needs what "
            "is not known; its file may lie beside a recording"
        )
    path = usual_path(found.runs, graph_of(files, workflow))
    if path.stretches:
        return path
    reasons = [f"{reason} (green runs: {count})" for reason, count in path.left_out.items()]
    return "; ".join(reasons) or "no run was green at the first attempt"


def _generated(context: Context) -> Mapping[str, Mapping[str, Any]]:
    from tasker_ci.sessions.project.public import inputs_of
    from tasker_ci.workflows.pipeline import workflows_of

    return {each.file: each.data() for each in workflows_of(inputs_of(context))}


def _workflow_files(folder: Path) -> dict[str, Mapping[str, Any]]:
    """The workflows of a folder as data; what is no workflow is left out."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    found: dict[str, Mapping[str, Any]] = {}
    for file in sorted((*folder.glob("*.yml"), *folder.glob("*.yaml"))):
        try:
            document = YAML(typ="safe").load(read_text(file))
        except (OSError, ValueError, RecursionError, YAMLError):
            continue
        if isinstance(document, dict):
            found[file.name] = document
    return found
