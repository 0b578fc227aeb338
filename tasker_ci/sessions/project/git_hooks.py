"""`init --hooks`: where git takes its hooks from, and what becomes of each."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import PlaceTaken, UnsafePlace, WorkspaceError
from tasker_ci.process.git_repository import Git
from tasker_ci.screen.short_lists import named
from tasker_ci.sessions.project.initial.git_hooks import (
    KEPT_SUFFIX,
    PRE_COMMIT,
    SESSIONS_OF_HOOK,
    install,
    plan_hooks,
    plan_removal,
    plan_undoing,
    remove,
)
from tasker_ci.text.places import reached
from tasker_ci.workflows.sync.writing import told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.context import Context
    from tasker_ci.sessions.project.initial.git_hooks import Hook

_SHARED = {"global", "system"}


@dataclass(frozen=True, kw_only=True)
class HooksFolder:
    """Where git takes the hooks of one repository from."""

    path: Path
    within: Path
    """git's folder of the repository, or its work tree: nothing is written outside of it."""


def hooks_folder(context: Context) -> HooksFolder:
    """The folder of this repository's hooks.

    Raises `WorkspaceError` where there is no repository, `PlaceTaken` where the hooks of other
    repositories may lie in the folder too, or a link leads to it.
    """
    git = _git(context)
    folder = git.hooks()
    if folder is None:
        raise WorkspaceError(
            f"{context.project_root} is in no git repository, so there is nothing to hook into.",
            next_step="git init, then tasker-ci init --hooks",
        )
    scope, value = git.hooks_setting() or ("default", folder)
    within = git.own_folder(folder)
    sessions = " && ".join(
        f"tasker-ci {name}" for names in SESSIONS_OF_HOOK.values() for name in names
    )
    step = (
        f"Call the sessions from there yourself ({sessions}), or give this repository its own "
        "hooks: git config core.hooksPath .git/hooks"
    )
    if scope in _SHARED:
        message = (
            f"core.hooksPath ({scope}) is {value}: a hook there would run in every repository."
        )
        raise PlaceTaken(message, next_step=step)
    if within is None:
        message = f"core.hooksPath ({scope}) is {value}, which lies outside of this repository."
        raise PlaceTaken(message, next_step=step)
    try:
        with told(folder), suppress(FileNotFoundError), reached(folder / PRE_COMMIT, within):
            pass
    except UnsafePlace as error:
        message = f"A link leads to {folder}, so hooks there may be those of another repository."
        raise PlaceTaken(message, next_step=step) from error
    return HooksFolder(path=folder, within=within)


def add_hooks(context: Context, folder: HooksFolder) -> list[dict[str, Any]]:
    """Install the hooks, or say what would be done; returns the same as data."""
    top = _git(context).top() or context.project_root
    planned = plan_hooks(
        folder.path,
        python=sys.executable,
        folder=os.path.relpath(context.project_root, top),
    )
    if not context.dry_run:
        install(planned, within=folder.within)
    hooks = [hook for hook, _ in planned]
    for hook in hooks:
        about = hook.action
        if hook.action == "left":
            calls = " and ".join(SESSIONS_OF_HOOK[hook.path.name])
            about = f"not ours, and it stays as it is; call {calls} from it yourself"
        elif hook.action == "written" and hook.kept is not None:
            about = f"written; it runs {hook.kept.name} first, which is the hook you had"
        name = os.path.relpath(hook.path, context.project_root)
        context.reporter.line(f"  {named(name, about)}")
    if folder.within == top and not _git(context).ignores(folder.path / PRE_COMMIT):
        context.reporter.warning(
            f"{folder.path} belongs to the repository, and these hooks name a Python of this "
            "machine: do not commit them."
        )
    return _data(hooks)


def take_out_hooks(context: Context, folder: HooksFolder) -> list[dict[str, Any]]:
    """Take the hooks out, or say what would be done; returns the same as data."""
    planned = plan_removal(folder.path)
    if not context.dry_run:
        remove(planned, within=folder.within)
    for hook in planned:
        _say(context, hook)
        if hook.kept is not None:
            context.reporter.line(f"restored   {hook.path}, the hook you had")
    return _data(planned)


def undo_hooks(context: Context) -> tuple[Hook, ...]:
    """Take out the hooks of this project that nobody edited, or look what would be done."""
    git = _git(context)
    folder, top = git.hooks(), git.top()
    within = git.own_folder(folder) if folder is not None else None
    if folder is None or within is None or top is None:
        return ()
    planned = plan_undoing(folder, folder=os.path.relpath(context.project_root, top))
    if not context.dry_run:
        remove(planned, within=within)
    return planned


def found_hooks(folder: Path | None) -> tuple[str, ...]:
    """The hooks that are there, without git's samples and what ours keep."""
    if folder is None or not folder.is_dir():
        return ()
    return tuple(
        sorted(
            each.name
            for each in folder.iterdir()
            if each.suffix != ".sample"
            and not each.name.endswith(KEPT_SUFFIX)
            and os.access(each, os.X_OK)
            and each.is_file()
        )
    )


def _git(context: Context) -> Git:
    return Git(runner=context.runner, environment=context.environment, folder=context.project_root)


def _say(context: Context, hook: Hook) -> None:
    would = "would be " if context.dry_run and hook.action not in {"unchanged", "left"} else ""
    context.reporter.line(f"{would}{hook.action:<10} {hook.path}")


def _data(hooks: Iterable[Hook]) -> list[dict[str, Any]]:
    return [
        {
            "path": str(hook.path),
            "action": hook.action,
            "kept": str(hook.kept) if hook.kept else None,
        }
        for hook in hooks
    ]
