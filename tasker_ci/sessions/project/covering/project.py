"""What decides whether a session does what a foreign command did: read from a project's files.

No cargo is asked: `sync` runs where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.command import TOP
from tasker_ci.rust.toolchain_file import toolchain_file

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Project:
    """What the sessions of a project are about."""

    workspace: PurePosixPath = TOP
    """From the project root."""
    toolchain: str = "stable"
    """The one that the sessions run on unless they are told otherwise."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What the table gives a session on GitHub."""


def read_project(root: Path, workspace: Path, environment: Mapping[str, str]) -> Project:
    """Look at the files of a workspace."""
    root, workspace = root.resolve(), workspace.resolve()
    chosen = toolchain_file(workspace, last=root)
    inside = workspace.relative_to(root) if workspace.is_relative_to(root) else Path()
    return Project(
        workspace=PurePosixPath(inside.as_posix()),
        toolchain=(chosen.channel if chosen is not None else "") or "stable",
        environment=environment,
    )
