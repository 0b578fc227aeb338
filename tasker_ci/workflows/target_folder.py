"""Where cargo builds in a job, which is where sessions put what workflows keep."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError
from tasker_ci.rust.cargo_configuration import cargo_configurations, target_directory
from tasker_ci.settings.environment import variables

if TYPE_CHECKING:
    from tasker_ci.workflows.inputs import Inputs

_VARIABLES = ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR")


def target_folder(inputs: Inputs) -> str:
    """The target directory as a path from the project root, or an absolute one of the settings.

    The environment table and cargo's configuration in the project say where; the configuration of
    whoever writes the files does not count, because no job has it. Raises `SettingsError` for a
    relative one that leads out of the project: each checkout has another such place.
    """
    root, workspace = inputs.project_root.resolve(), inputs.workspace.resolve()
    table = variables(inputs.loaded)
    given = {name: table[name].value for name in _VARIABLES if name in table}
    folder, said, source = workspace / "target", "", ""
    if given:
        folder = target_directory(workspace, given)
        source, said = next(((name, text) for name, text in given.items() if text), ("", ""))
    else:
        for file, document in cargo_configurations(workspace, {}):
            build = document.get("build")
            setting = build.get("target-dir") if isinstance(build, dict) else None
            if file.is_relative_to(root) and isinstance(setting, str):
                folder, said = file.parent.parent / setting, setting
                source = f"build.target-dir in {file.relative_to(root).as_posix()}"
                break
    path = os.path.normpath(folder)
    near = os.path.relpath(path, root)
    if near.split(os.sep, 1)[0] != "..":
        return near
    if not Path(said).is_absolute():
        raise SettingsError(
            f"`{source}` is {said!r}, which leads out of the project: no generated workflow can "
            "name that place, because it depends on where the checkout is.",
            next_step="Name a folder within the project there, or an absolute one.",
        )
    return path
