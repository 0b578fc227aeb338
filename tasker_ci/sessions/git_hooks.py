"""`init --hooks`: where git takes its hooks from, and what becomes of each."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.discovery.git import Git
from tasker_ci.errors import PlaceTaken, WorkspaceError
from tasker_ci.initial.git_hooks import (
    KEPT_SUFFIX,
    PRE_COMMIT,
    SESSIONS_OF_HOOK,
    install,
    plan_hooks,
    plan_removal,
    plan_undoing,
    remove,
)
from tasker_ci.sessions.short_lists import named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.context import Context
    from tasker_ci.initial.git_hooks import Hook

_SHARED = {"global", "system"}


def hooks_folder(context: Context) -> Path:
    """The folder of this repository's hooks.

    Raises `WorkspaceError` where there is no repository, `PlaceTaken` where the hooks of all the
    user's repositories lie in one folder.
    """
    git = _git(context)
    folder = git.hooks()
    if folder is None:
        raise WorkspaceError(
            f"{context.project_root} is in no git repository, so there is nothing to hook into.",
            next_step="git init, then tasker-ci init --hooks",
        )
    scope, value = git.hooks_setting()
    if scope in _SHARED:
        sessions = " && ".join(
            f"tasker-ci {name}" for names in SESSIONS_OF_HOOK.values() for name in names
        )
        raise PlaceTaken(
            f"core.hooksPath ({scope}) is {value}: a hook there would run in every repository.",
            next_step=f"Call the sessions from there yourself ({sessions}), or give this "
            "repository its own hooks: git config core.hooksPath .git/hooks",
        )
    return folder


def add_hooks(context: Context, folder: Path) -> list[dict[str, Any]]:
    """Install the hooks, or say what would be done; returns the same as data."""
    top = _git(context).top() or context.project_root
    planned = plan_hooks(
        folder,
        python=sys.executable,
        folder=os.path.relpath(context.project_root, top),
    )
    if not context.dry_run:
        install(planned)
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
    in_tree = folder.is_relative_to(top.resolve()) and ".git" not in folder.parts
    if in_tree and not _git(context).ignores(folder / PRE_COMMIT):
        context.reporter.warning(
            f"{folder} belongs to the repository, and these hooks name a Python of this machine: "
            "do not commit them."
        )
    return _data(hooks)


def take_out_hooks(context: Context, folder: Path) -> list[dict[str, Any]]:
    """Take the hooks out, or say what would be done; returns the same as data."""
    planned = plan_removal(folder)
    if not context.dry_run:
        remove(planned)
    for hook in planned:
        _say(context, hook)
        if hook.kept is not None:
            context.reporter.line(f"restored   {hook.path}, the hook you had")
    return _data(planned)


def undo_hooks(context: Context) -> tuple[Hook, ...]:
    """Take out the hooks of this project that nobody edited, or look what would be done."""
    git = _git(context)
    folder, top = git.hooks(), git.top()
    if folder is None or top is None:
        return ()
    planned = plan_undoing(folder, folder=os.path.relpath(context.project_root, top))
    if not context.dry_run:
        remove(planned)
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
