"""Where cargo-deny reads the rules of a project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("deny.toml", ".deny.toml", ".cargo/deny.toml")
"""In the order in which cargo-deny looks for them in a folder."""


def configuration_file(project_root: Path, workspace: Path) -> str | None:
    """The file of the project with its rules, from its root; None where there is none.

    cargo-deny looks where the workspace is, and then in the folders above.
    """
    workspace, project_root = workspace.resolve(), project_root.resolve()
    for folder in (workspace, *workspace.parents):
        for name in NAMES:
            if (folder / name).is_file():
                return os.path.relpath(folder / name, project_root)
        if folder == project_root:
            break
    return None
