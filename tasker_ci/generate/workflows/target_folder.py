"""Where cargo builds in a job, which is where sessions put what workflows keep."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasker_ci.settings.environment import variables
from tasker_ci.workspace import cargo_configurations, target_directory

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.generate.inputs import Inputs

_VARIABLES = ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR")


def target_folder(inputs: Inputs) -> str:
    """The target directory as a path from the project root, or an absolute one.

    The environment table and cargo's configuration in the project say where; the configuration of
    whoever writes the files does not count, because no job has it.
    """
    root, workspace = inputs.project_root.resolve(), inputs.workspace.resolve()
    table = variables(inputs.loaded)
    given = {name: table[name].value for name in _VARIABLES if name in table}
    folder = target_directory(workspace, given) if given else workspace / "target"
    if not given:
        for file, document in cargo_configurations(workspace, {}):
            build = document.get("build")
            setting = build.get("target-dir") if isinstance(build, dict) else None
            if file.is_relative_to(root) and isinstance(setting, str):
                folder = file.parent.parent / setting
                break
    return _from(root, folder)


def _from(root: Path, folder: Path) -> str:
    path = os.path.normpath(folder)
    near = os.path.relpath(path, root)
    return path if near.startswith("..") else near
