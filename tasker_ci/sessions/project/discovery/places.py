"""Where a new project's root and its Rust workspace are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import UsageError, WorkspaceError
from tasker_ci.rust.workspace import find_workspace_root
from tasker_ci.settings.file import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEPTH = 4
"""How far below a repository's top a workspace is looked for."""

LEFT_OUT = frozenset({"target", "node_modules", "vendor", "third_party", "venv", "dist", "build"})
"""Folders that hold what tools have made or what others wrote."""

TASK_FILES = ("justfile", "Justfile", ".justfile", "Makefile", "Makefile.toml", "Taskfile.yml")
"""The files of other runners of tasks."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """The two folders that everything starts from."""

    project_root: Path
    workspace: Path
    repository: Path | None
    """The top of the git repository; None where there is none."""
    others: tuple[Path, ...] = ()
    """Further workspaces of the project, which no session looks at."""

    @property
    def workspace_path(self) -> str:
        """The workspace as the setting of this name spells it."""
        return self.workspace.relative_to(self.project_root).as_posix()


def find_places(start: Path, home: Path | None, chosen: Path | None = None) -> Places:
    """Return the places for a project without settings, seen from ``start``.

    The workspace is the ``chosen`` one, else that around ``start``, else the only one below it.
    The project root is the top of its repository, where GitHub looks for workflows; without a
    repository, or with one over the user's whole ``home``, it is the workspace itself.
    Raises `WorkspaceError` if there is no workspace, `UsageError` if there are several.
    """
    workspace = _workspace(start, chosen)
    top = repository_top(workspace)
    if top == home and workspace != home:
        top = None
    root = top or workspace
    others = tuple(folder for folder in workspaces_below(root) if folder != workspace)
    return Places(project_root=root, workspace=workspace, repository=top, others=others)


def known_places(project_root: Path, workspace: Path) -> Places:
    """The places of a project that has settings."""
    others = tuple(folder for folder in workspaces_below(project_root) if folder != workspace)
    return Places(
        project_root=project_root,
        workspace=workspace,
        repository=repository_top(project_root),
        others=others,
    )


def repository_top(folder: Path) -> Path | None:
    """The top of the git repository, or worktree, around a folder."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def workspaces_below(top: Path) -> tuple[Path, ...]:
    """The roots of cargo workspaces in ``top`` and below, the nearest first."""
    found = [folder for folder in _with_manifest(top) if find_workspace_root(folder) == folder]
    return tuple(sorted(found, key=lambda folder: (len(folder.parts), folder)))


def _workspace(start: Path, chosen: Path | None) -> Path:
    if chosen is not None:
        root = find_workspace_root(chosen) if (chosen / "Cargo.toml").is_file() else None
        if root is None:
            raise WorkspaceError(
                f"There is no Cargo.toml in {chosen}.",
                next_step="Give --workspace the folder of the workspace's Cargo.toml.",
            )
        return root
    around = find_workspace_root(start)
    if around is not None:
        return around
    below = workspaces_below(start)
    nearest = [folder for folder in below if len(folder.parts) == len(below[0].parts)]
    if not nearest:
        raise WorkspaceError(
            f"There is no Cargo.toml in {start}, around it or below it.",
            next_step="Run init in a Rust project, or name it: tasker-ci init --workspace FOLDER",
        )
    if len(nearest) > 1:
        names = ", ".join(folder.relative_to(start).as_posix() for folder in nearest)
        first = nearest[0].relative_to(start).as_posix()
        raise UsageError(
            f"There are several Rust workspaces: {names}.",
            next_step=f"Name the one to check, for example: tasker-ci init --workspace {first}",
        )
    return nearest[0]


def _with_manifest(top: Path) -> Iterator[Path]:
    for name, folders, files in os.walk(top):
        folder = Path(name)
        if "Cargo.toml" in files:
            yield folder
        deep = len(folder.relative_to(top).parts) >= _DEPTH
        folders[:] = [] if deep else sorted(each for each in folders if not left_out(folder / each))


def left_out(folder: Path) -> bool:
    """Whether a folder is no part of the project's own code."""
    name = folder.name
    made = name in LEFT_OUT or name.startswith(".")
    return made or (folder / "pyvenv.cfg").is_file() or (folder / SETTINGS_FILE).is_file()
