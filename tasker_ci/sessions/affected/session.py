"""Which packages the changes since a base affect, for people and for `unit --affected`."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome
from tasker_ci.errors import SelectionError, UsageError
from tasker_ci.process.git import git_command
from tasker_ci.screen.reporter import Table, to_markdown
from tasker_ci.sessions.affected.changes import Repository, Uncertain, candidates
from tasker_ci.sessions.affected.decision import Affected, Decision, all_affected
from tasker_ci.sessions.affected.locked import hidden_users
from tasker_ci.sessions.affected.settings import AffectedSettings
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.plurals import counted
from tasker_ci.tools import flags
from tasker_ci.tools.cargo import read_workspace
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.rust_sources import not_read, reading

if TYPE_CHECKING:
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.sessions.affected.changes import Changes
    from tasker_ci.sessions.affected.reading import AffectedReading

_REASONS = 3
_FILES = 5
_DIGITS = 10
"""Of a commit, which nobody needs whole."""


def affected(
    context: Context,
    *,
    base: flags.Base = None,
) -> Outcome:
    """Show which packages the changes since a base affect, and why.

    What is not certain affects everything: an unknown path, a base that git does not find.
    """
    environment = child_environment(context)
    if context.dry_run:
        words = ("merge-base", "--end-of-options", base or "origin/HEAD", "HEAD")
        return context.preview(
            git_command(*words, folder=context.workspace, environment=context.environment)
        )
    workspace = read_workspace(context, environment)
    result = find_affected(context, workspace, base)
    show(context, result)
    return Outcome(summary=summary_of(result, workspace), data=result.data())


def check_base(*, affected: bool, base: str | None, changed: tuple[str, ...] = ()) -> None:
    """Raise `UsageError` for a base that nothing is counted from, and for files beside it."""
    if changed and (base or not affected):
        message = "--changed names the files in place of a base, and has a meaning with --affected."
        raise UsageError(message, next_step="Add --affected, and leave --base out.")
    if base and not affected:
        message = "--base says what --affected counts from, and has no meaning without it."
        raise UsageError(message, next_step="Add --affected.")


def find_affected(
    context: Context,
    workspace: Workspace,
    base: str | None,
    *,
    doctests: bool = False,
    changed: tuple[str, ...] = (),
) -> Affected:
    """Count the changes and decide; never raises for what git cannot say.

    With ``doctests`` what the code in documentation names counts too; with ``changed`` just these
    files have changed since the last commit.
    """
    _check_rules(context, workspace)
    git = Repository(folder=workspace.root, runner=context.runner, environment=context.environment)
    try:
        if changed:
            changes = git.named([context.directory / name for name in changed])
        else:
            setting = context.settings_of(AffectedSettings).base
            chosen = next(candidates(base, setting, context.environment), None)
            changes = git.changes_since(chosen or git.default_base())
        users = hidden_users(workspace)
    except Uncertain as reason:
        return all_affected(workspace, str(reason))
    decision = Decision(
        workspace=workspace,
        top=changes.top,
        rules=context.settings_of(AffectedSettings).rules,
        reading=cache(partial(_read, context, workspace, changes, doctests=doctests)),
        old=lambda path: git.content(changes.commit, path),
        hidden_users=users,
    )
    result = decision.decide(changes.files)
    result.compared = f"{changes.base} (from {changes.commit[:_DIGITS]} on)"
    return result


def _read(
    context: Context, workspace: Workspace, changes: Changes, *, doctests: bool
) -> AffectedReading:
    from tasker_ci.sessions.affected.reading import read_sources

    attributes = getattr(context.settings.table("inventory"), "test_attributes", ())
    changed = [changes.top / path for path in changes.files]
    with reading(context, workspace, attributes) as sources:
        found = read_sources(workspace, sources, doctests=doctests, changed=changed)
    not_read(context, found.reach)
    return found


def _check_rules(context: Context, workspace: Workspace) -> None:
    from tasker_ci.rust.selection import unknown_packages
    from tasker_ci.sessions.affected.decision import ALL

    names = {
        name for rule in context.settings_of(AffectedSettings).rules for name in rule.affects
    } - {ALL}
    unknown = unknown_packages(workspace, sorted(names))
    if unknown:
        message = f"affected.rules: {unknown}"
        raise SelectionError(message, next_step=f"Mend {SETTINGS_FILE}.")


def show(context: Context, result: Affected) -> None:
    """Print the packages with their reasons, or why there is none."""
    if result.everything:
        context.reporter.line(f"every package is affected: {result.everything}")
        return
    if not result.packages:
        from tasker_ci.text.markdown import escaped

        nothing = _nothing(result)
        context.reporter.line(nothing)
        context.reporter.summary(f"{escaped(nothing)}\n")
        return
    rows = tuple(
        (name, "; ".join(reasons[:_REASONS]) + _more(reasons))
        for name, reasons in result.packages.items()
    )
    context.reporter.line(f"{_differing(result)}.")
    table = Table(columns=("affected", "because"), rows=rows, title="affected")
    context.reporter.table(table)
    context.reporter.summary(to_markdown(table))
    if result.left_out:
        context.reporter.line(f"not affected: {', '.join(result.left_out)}")


def _nothing(result: Affected) -> str:
    """What was compared, and why none of it matters to a test."""
    files = [f"{file} ({what})" for file, what in result.without.items()]
    named = ", ".join(files[:_FILES])
    more = f" and {len(files) - _FILES} more" if len(files) > _FILES else ""
    return f"no package is affected: {_differing(result)}; no test depends on {named}{more}"


def _differing(result: Affected) -> str:
    differ = counted(len(result.files), "file differs", "files differ")
    return f"{differ} from {result.compared}"


def _more(reasons: list[str]) -> str:
    more = len(reasons) - _REASONS
    return f"; and {more} more" if more > 0 else ""


def summary_of(result: Affected, workspace: Workspace) -> str:
    """The packages in a sentence."""
    total = len(workspace.packages)
    if result.everything:
        everything = f"all {total} packages" if total > 1 else "the only package"
        return f"{everything}: {result.everything}"
    if not result.packages:
        return f"none of {counted(total, 'package')}"
    return f"{len(result.packages)} of {counted(total, 'package')}"
