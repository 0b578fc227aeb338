"""The session minimal-versions: every requirement as low as it says it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome
from tasker_ci.process.command import Command, Output
from tasker_ci.rust.cargo_configuration import output_root, target_directory
from tasker_ci.rust.lockfile import read_lock
from tasker_ci.rust.workspace import find_workspace_root
from tasker_ci.sessions.minimal_versions.errors import RequirementTooLow
from tasker_ci.sessions.minimal_versions.findings import (
    TooLow,
    found_by_compiler,
    refused_by_cargo,
)
from tasker_ci.sessions.minimal_versions.settings import MinimalVersionsSettings
from tasker_ci.text.cargo_progress import without_progress
from tasker_ci.text.file_reading import read_text
from tasker_ci.text.foreign import unescaped
from tasker_ci.text.plurals import counted
from tasker_ci.tools.cargo import (
    SIGNALS,
    color_arguments,
    failure_of,
    feature_arguments,
    read_workspace,
    run_cargo,
)
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.code_annotations import annotate_code
from tasker_ci.tools.compiler_messages import CompilerFindings
from tasker_ci.tools.first_errors import FirstErrors, says_no_network, told_by_cargo
from tasker_ci.tools.installed_toolchains import cannot_fetch, check_installed
from tasker_ci.tools.linked_workspace import LOCK, link_workspace, linked_folder
from tasker_ci.tools.report_files import one_at_a_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.rust.workspace import Workspace

_NAME = "minimal-versions"


def minimal_versions(context: Context) -> Outcome:
    """Check the workspace with the oldest versions that its requirements allow.

    A nightly cargo chooses them (`-Z direct-minimal-versions`), for direct dependencies alone, and
    the workspace's own Rust compiles. Cargo.lock is neither read nor written.
    """
    environment = child_environment(context, sccache=True)
    root = find_workspace_root(context.workspace) or context.workspace
    if context.dry_run:
        folder = linked_folder(_NAME, root, environment)
        return context.preview(*_commands(context, environment, root, folder))
    toolchain = context.settings_of(MinimalVersionsSettings).toolchain
    check_installed(context, environment, toolchain)
    workspace = read_workspace(context, environment)
    target = target_directory(workspace.root, environment)
    with one_at_a_time(
        context,
        target / "tasker-ci" / _NAME / "run",
        within=output_root(workspace.root, target),
        waiting="Another run checks with the oldest versions now",
    ):
        manifest = {"Cargo.toml": read_text(workspace.root / "Cargo.toml")}
        folder = link_workspace(_NAME, workspace.root, environment, manifest)
        return _check(context, environment, workspace, folder)


def _commands(
    context: Context, environment: Mapping[str, str], root: Path, folder: Path
) -> tuple[Command, Command]:
    """What chooses the versions, and what compiles with them."""
    settings = context.settings_of(MinimalVersionsSettings)
    manifest = ("--manifest-path", str(folder / "Cargo.toml"))
    own = context.settings.toolchain
    choose = (
        *("cargo", f"+{settings.toolchain}", "generate-lockfile"),
        *("-Z", "direct-minimal-versions", *manifest, "--color", "never"),
    )
    check = (
        *("cargo", *((f"+{own}",) if own else ()), "check", "--workspace"),
        *feature_arguments(settings.features, context),
        *("--locked", *manifest),
        *("--target-dir", str(target_directory(root, environment) / "tasker-ci" / _NAME)),
        *(
            "--message-format",
            "json-diagnostic-rendered-ansi" if context.reporter.color else "json",
        ),
        *color_arguments(context),
    )
    first, second = (
        Command(argv=argv, cwd=context.workspace, environment=environment)
        for argv in (choose, check)
    )
    return first, second


def _check(
    context: Context, environment: Mapping[str, str], workspace: Workspace, folder: Path
) -> Outcome:
    choose, check = _commands(context, environment, workspace.root, folder)
    with context.reporter.running(str(choose)):
        chosen = context.runner.run(choose, output=Output.CAPTURE)
    if chosen.exit_code:
        said = without_progress(unescaped(chosen.stderr))
        context.reporter.output(said.rstrip())
        if says_no_network(said):
            raise cannot_fetch(context, told_by_cargo(said).message)
        finding = refused_by_cargo(said, workspace)
        raise _failed(context, workspace, chosen.exit_code, (finding or _unknown(said),))
    lock = read_lock(read_text(folder / LOCK))
    shown, errors = CompilerFindings(context), FirstErrors()

    def read(line: str) -> None:
        shown.read(line)
        errors.read(line)

    done = run_cargo(
        context, check, output=Output.CAPTURE, on_line=read, on_error_line=context.reporter.output
    )
    if done.exit_code in SIGNALS or done.short_of_room:
        meaning = "The workspace does not compile with the oldest versions."
        raise failure_of(context, check, done, meaning, "Read the messages above.")
    if done.exit_code:
        said = unescaped(done.stderr)
        if not errors.count and says_no_network(said):
            raise cannot_fetch(context, told_by_cargo(said).message)
        found = tuple(found_by_compiler(tuple(errors.of_packages.values()), workspace, lock))
        raise _failed(context, workspace, done.exit_code, found or (_unknown(said),))
    count = sum(1 for package in lock.packages if package.source)
    whole = counted(count, "dependency", "dependencies")
    return Outcome(
        summary=f"it compiles with the oldest versions ({whole})", data={"locked": count}
    )


def _unknown(said: str) -> TooLow:
    return TooLow(message=told_by_cargo(said).message, fix="read cargo's message above")


def _failed(
    context: Context, workspace: Workspace, exit_code: int, found: tuple[TooLow, ...]
) -> RequirementTooLow:
    annotate_code(context, _NAME, workspace.root, [each.as_finding() for each in found])
    first = found[0]
    more = f" {counted(len(found) - 1, 'other')} above." if len(found) > 1 else ""
    again = context.face.command_line(_NAME)
    fix = first.fix[0].upper() + first.fix[1:]
    return RequirementTooLow(
        f"{first.place}{first.message}.{more}",
        exit_code=exit_code,
        next_step=f"{fix}. Again: {again}",
        data={"findings": [{**each.data(), "repeat": again} for each in found]},
    )
