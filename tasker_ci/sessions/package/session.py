"""The session `package`."""

from __future__ import annotations

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.process.command import Output
from tasker_ci.sessions.package.answer import CODE, read_failure
from tasker_ci.sessions.package.published import kept_back
from tasker_ci.sessions.package.settings import PackageSettings
from tasker_ci.settings.environment import is_ci
from tasker_ci.text.plurals import counted
from tasker_ci.tools.cargo import cargo, color_arguments, raise_if_failed, read_workspace, run_cargo
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.target_folders import check_directory
from tasker_ci.tools.tool_findings import ToolVerdict, tell_verdict

_STEP = "Add to the package what it needs: `include`, `exclude` and versions in its manifest."


def package(context: Context) -> Outcome:
    """Build each package that is published from its own tarball (cargo package).

    On a laptop what is not committed is packaged, too. A dry run asks `cargo metadata` which
    packages there are.
    """
    environment = child_environment(context, sccache=True)
    workspace = read_workspace(context, environment)
    left_out = {*kept_back(workspace), *context.settings_of(PackageSettings).exclude}
    names = [each.name for each in workspace.packages if each.name not in left_out]
    if not names:
        return Outcome(summary="no package is published", status=Status.SKIPPED)
    command = cargo(
        context,
        "package",
        "--workspace",
        *(word for name in sorted(left_out) for word in ("--exclude", name)),
        *(() if is_ci(context.environment) else ("--allow-dirty",)),
        *("--target-dir", str(check_directory(context).path)),
        *color_arguments(context),
        environment=environment,
    )
    if context.dry_run:
        return context.preview(command)
    say = context.reporter.output
    completed = run_cargo(context, command, output=Output.CAPTURE, on_line=say, on_error_line=say)
    failure = read_failure(completed.stderr, workspace.root) if completed.exit_code else None
    if failure is None:
        meaning = "What would be published does not build from its tarball."
        raise_if_failed(context, command, completed, meaning, _STEP)
    return tell_verdict(
        context,
        "package",
        workspace.root,
        completed,
        ToolVerdict(
            findings=() if failure is None else (failure,),
            words={CODE: ("package does not build from its tarball", "")},
            clean=f"{counted(len(names), 'package')} built as published",
            step=_STEP,
            data={"packages": names},
        ),
    )
