"""Undo what `init` and `sync` did to a project."""

from __future__ import annotations

from dataclasses import replace
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import AccessError
from tasker_ci.screen.short_lists import show_some
from tasker_ci.sessions.project.errors import RollbackIncomplete
from tasker_ci.sessions.project.git_hooks import undo_hooks
from tasker_ci.sessions.project.sync import alone_in, bumped_files
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.plurals import are, counted
from tasker_ci.workflows.sync.changes import ARCHIVE
from tasker_ci.workflows.sync.index import INDEX
from tasker_ci.workflows.sync.rolling_back import Return, Way, plan_rollback, roll_back

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasker_ci.sessions.project.initial.git_hooks import Hook
    from tasker_ci.workflows.sync.rolling_back import Rollback

_MOST_FILES = 16
_MOST_KEPT = 6


def rollback(context: Context) -> Outcome:
    """Undo init and sync: each file is as it was before. What you changed since is kept.

    The record of what was before lies in .github/workflows/archived and is committed with it, so
    this works in a fresh clone too. A dry run asks git where the hooks are, and changes nothing.
    """
    context = replace(context, project_root=_root(context))
    root = context.project_root
    bumped = bumped_files(context)
    if context.dry_run:
        plan = plan_rollback(root, bumped)
        hooks = undo_hooks(context)
        _show(context, plan, plan.returns, hooks)
        return Outcome(
            summary="nothing was changed",
            status=Status.SKIPPED,
            data=_data(plan, plan.returns, hooks),
        )
    with alone_in(context):
        plan = plan_rollback(root, bumped)
        hooks, problem = _undo_hooks(context)
        done = roll_back(root, plan)
    _show(context, plan, done, hooks)
    return _ended(plan, done, hooks, problem)


def _root(context: Context) -> Path:
    """The project root: where the record is, if an interrupted rollback took the settings."""
    here = context.directory.resolve()
    if not (context.project_root / SETTINGS_FILE).is_file():
        for folder in (here, *here.parents):
            if (folder / INDEX).is_file():
                return folder
            if (folder / ".git").exists():
                break
    return context.project_root


def _undo_hooks(context: Context) -> tuple[tuple[Hook, ...], str]:
    """Take the git hooks out; what cannot be taken out stops nothing else."""
    try:
        return undo_hooks(context), ""
    except AccessError as error:
        return (), error.message


def _ended(plan: Rollback, done: Sequence[Return], hooks: Sequence[Hook], problem: str) -> Outcome:
    kept = [each for each in done if each.reason]
    left = [hook for hook in hooks if hook.action == "left"]
    count = sum(each.way is not Way.KEPT for each in done) + len(hooks) - len(left)
    data = _data(plan, done, hooks)
    names = [str(each.path) for each in kept] + [str(hook.path) for hook in left]
    aside = [str(entry.place) for entry in plan.remaining]
    if names or aside or problem:
        parts = []
        if names:
            shown = ", ".join(names[:_MOST_KEPT])
            more = f" and {len(names) - _MOST_KEPT} more" if len(names) > _MOST_KEPT else ""
            count_of = counted(len(names), "file")
            parts.append(f"{count_of} {are(len(names))} not as before: {shown}{more}.")
        if aside and not any(each.entry for each in kept):
            parts.append(f"{counted(len(aside), 'file')} of yours kept in {ARCHIVE}.")
        if problem:
            parts.append(problem)
        rest = f"All else is undone ({counted(count, 'file')})." if count else "Nothing to undo."
        raise RollbackIncomplete(
            " ".join((*parts, rest)),
            next_step="Read the reasons above; --json has them all."
            if names
            else f"Look through {ARCHIVE}, and delete what you do not need.",
            data=data,
        )
    summary = f"{counted(count, 'file')} restored or removed" if count else "nothing to undo"
    return Outcome(summary=summary, data=data)


def _show(context: Context, plan: Rollback, done: Sequence[Return], hooks: Sequence[Hook]) -> None:
    would = "would be " if context.dry_run else ""
    changed = [f"{would}{each.way:<10} {each.path}" for each in done if each.way is not Way.KEPT]
    for hook in hooks:
        if hook.action != "left":
            way = Way.RESTORED if hook.kept is not None else Way.REMOVED
            changed.append(f"{would}{way:<10} {relpath(hook.path, context.project_root)}")
    show_some(context.reporter, changed, _MOST_FILES, "--json has all")
    kept = [
        f"{each.way:<10} {each.path}: {each.reason}. {each.next_step or ''}"
        for each in done
        if each.reason
    ]
    kept += [
        f"{Way.KEPT:<10} {relpath(hook.path, context.project_root)}: it was edited since tasker-ci "
        "wrote it. Delete it if you do not need it."
        for hook in hooks
        if hook.action == "left"
    ]
    show_some(context.reporter, kept, _MOST_FILES, "--json has all", style="yellow")
    aside = [
        f"{Way.KEPT:<10} {entry.place}"
        + (": you edited it, and sync archived it" if entry.edited else "")
        for entry in plan.remaining
        if entry not in {each.entry for each in done}
    ]
    show_some(context.reporter, aside, _MOST_KEPT, f"all in {ARCHIVE}", style="yellow")


def _data(plan: Rollback, done: Sequence[Return], hooks: Sequence[Hook]) -> dict[str, Any]:
    return {
        "files": [
            {
                "path": str(each.path),
                "action": str(each.way),
                "reason": each.reason,
                "next_step": each.next_step,
                "archived": str(each.entry.place) if each.entry and each.reason else None,
            }
            for each in done
        ],
        "hooks": [{"path": str(hook.path), "action": hook.action} for hook in hooks],
        "archive": [str(entry.place) for entry in plan.remaining],
    }
