"""The session `unused`."""

from __future__ import annotations

from typing import Annotated

from tasker_ci.context import Context, Outcome
from tasker_ci.process.command import with_arguments
from tasker_ci.rust.workspace import find_workspace_root
from tasker_ci.sessions.unused.answer import DEPENDENCY, OF_WORKSPACE, read_answer
from tasker_ci.sessions.unused.settings import UnusedSettings
from tasker_ci.tools.tool_findings import (
    ToolVerdict,
    run_tool,
    tell_verdict,
    tool_command,
    tool_failure,
)

_RED = 1
_WORDS = {
    DEPENDENCY: ("unused dependency", "unused dependencies"),
    OF_WORKSPACE: ("unused workspace dependency", "unused workspace dependencies"),
}


def unused(
    context: Context,
    *,
    fix: Annotated[bool, "Remove them from the manifests."] = False,
) -> Outcome:
    """Find dependencies that nobody uses (cargo shear)."""
    root = find_workspace_root(context.workspace) or context.workspace
    excluded = (f"--exclude={name}" for name in context.settings_of(UnusedSettings).exclude)
    command = tool_command(context, "cargo-shear", "--format", "json", *excluded, folder=root)
    removal = (with_arguments(command, "--fix"),) if fix else ()
    if context.dry_run:
        return context.preview(*removal, command)
    for each in removal:  # red, whether it could remove all or not
        run_tool(context, each)
    completed = run_tool(context, command)
    if completed.exit_code not in {0, _RED}:
        step = "Fix what it names; `tasker-ci doctor` looks at the manifests."
        raise tool_failure(command, completed, "cargo-shear cannot read the workspace", step)
    findings = read_answer(completed.stdout, root)
    remove = "Remove them by hand"
    if any(each.fixable for each in findings) and not fix:
        remove = context.face.command_line("unused", "--fix")
    keep = "name one that is used all the same: `[workspace.metadata.cargo-shear] ignored`"
    return tell_verdict(
        context,
        "unused",
        root,
        completed,
        ToolVerdict(
            findings=findings,
            words=_WORDS,
            clean="every dependency is used",
            step=f"{remove}   or {keep} in Cargo.toml",
        ),
    )
