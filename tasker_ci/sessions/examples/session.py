"""The examples of the workspace: all are built, and run where settings say how."""

from __future__ import annotations

from dataclasses import replace

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.sessions.examples.example_settings import checked_pattern, keys_of
from tasker_ci.sessions.examples.run import ExamplesRun, example_command
from tasker_ci.sessions.examples.settings import ExamplesSettings
from tasker_ci.stack.beside import with_services
from tasker_ci.stack.binaries import binaries_directory
from tasker_ci.tools import flags
from tasker_ci.tools.cargo import cargo, color_arguments, feature_arguments, read_workspace
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.report_files import one_at_a_time, report_file


def examples(
    context: Context,
    *,
    toolchain: flags.Toolchain = None,
) -> Outcome:
    """Build every example of the workspace, and run those that settings say how.

    An example that nobody runs is named: that it compiles says little.
    """
    settings = context.settings_of(ExamplesSettings)
    environment = child_environment(context, secrets=True, sccache=True)
    build = cargo(
        context,
        "build",
        "--workspace",
        "--examples",
        *feature_arguments(settings.features, context),
        "--message-format",
        "json-render-diagnostics",
        *color_arguments(context),
        environment=environment,
        toolchain=toolchain or None,
    )
    patterns = {name: checked_pattern(name, example) for name, example in settings.run.items()}
    if context.dry_run:
        folder = binaries_directory(context.workspace, environment, build.argv) / "examples"
        planned = [
            example_command(context, example, folder / name.rpartition("::")[2], environment)
            for name, example in settings.run.items()
        ]
        return context.preview(build, *planned)
    workspace = read_workspace(context, environment)
    there = {
        f"{package.name}::{target.name}": (package, target)
        for package in workspace.packages
        for target in package.targets
        if target.kind == "example"
    }
    keys = keys_of(settings.run, there)
    chosen = {name: settings.run[key] for name, key in keys.items()}
    if not there:
        return Outcome(
            summary="the workspace has no example",
            status=Status.SKIPPED,
            absent=not context.dry_run,
        )
    chosen_toolchain = toolchain or context.settings.toolchain
    report = report_file(workspace, "examples", chosen_toolchain)
    services = tuple(dict.fromkeys(name for each in chosen.values() for name in each.services))
    with one_at_a_time(context, report, within=workspace.within(report)):
        return with_services(
            context,
            "examples",
            services,
            environment,
            lambda found: ExamplesRun(
                context=context,
                workspace=workspace,
                build=replace(build, environment=found),
                there=there,
                chosen=chosen,
                keys=keys,
                patterns={name: patterns[key] for name, key in keys.items()},
                report=report,
                toolchain=chosen_toolchain,
            ).run(),
        )
