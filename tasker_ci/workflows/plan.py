"""Everything that `sync` writes with a header, from settings and a few facts of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.workflows.files import GeneratedFile, with_header

if TYPE_CHECKING:
    from tasker_ci.workflows.inputs import Inputs


def planned_files(inputs: Inputs) -> tuple[GeneratedFile, ...]:
    """Every file with a header as it should be, in the order of their paths.

    Raises `SettingsError` for settings that cannot be written into a workflow.
    """
    from tasker_ci.text.yaml import yaml_text
    from tasker_ci.workflows.dependabot import dependabot_file
    from tasker_ci.workflows.handbook import handbook_file
    from tasker_ci.workflows.lock import lock_files
    from tasker_ci.workflows.pipeline import workflow_file, workflows_of
    from tasker_ci.workflows.setup_env import ACTION, setup_env_action
    from tasker_ci.workflows.zizmor import zizmor_file

    workflows = workflows_of(inputs)
    files = (
        GeneratedFile(path=ACTION, text=with_header(yaml_text(setup_env_action(inputs.loaded)))),
        *map(workflow_file, workflows),
        *lock_files(inputs, workflows),
        handbook_file(inputs, workflows),
        dependabot_file(inputs),
        zizmor_file(inputs),
    )
    return tuple(sorted((file for file in files if file), key=lambda file: file.path))
