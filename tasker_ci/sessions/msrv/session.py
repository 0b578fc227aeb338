"""The session msrv: each package with exactly the Rust that it promises to compile with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import SelectionError, TaskerCIError
from tasker_ci.process.command import Output
from tasker_ci.rust.cargo_configuration import output_root, target_directory
from tasker_ci.sessions.msrv.checked import Checked, check_command, check_promise
from tasker_ci.sessions.msrv.errors import MsrvNotChecked, PromiseBroken, ToolchainsMissing
from tasker_ci.sessions.msrv.promises import Promise, promises_of
from tasker_ci.sessions.msrv.telling import again, data_of, fix_of, named, tell_broken
from tasker_ci.sessions.msrv.toolchains import install_command, installation, toolchains_here
from tasker_ci.settings.environment import is_ci
from tasker_ci.text.plurals import counted
from tasker_ci.tools.cargo import read_workspace
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.report_files import one_at_a_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tasker_ci.rust.workspace import Workspace


def msrv(
    context: Context,
    *,
    package: Annotated[tuple[str, ...], "Only the promise of this package."] = (),
    install: Annotated[
        bool, "Install the toolchains that are missing (rustup), and check nothing."
    ] = False,
) -> Outcome:
    """Check each package with the very Rust that its manifest promises (cargo check).

    Packages with one version are checked together. A toolchain that is not here is NOT CHECKED
    with the line that gets it, and an error under CI. A dry run asks `cargo metadata` which
    packages there are.
    """
    environment = child_environment(context, sccache=True)
    workspace = _workspace(context, environment)
    if workspace is None:
        return context.preview()
    unknown = sorted(set(package) - {each.name for each in workspace.packages})
    if unknown:
        known = ", ".join(sorted(each.name for each in workspace.packages))
        message = f"The workspace has no package {', '.join(unknown)}."
        raise SelectionError(message, next_step=f"Its packages: {known}")
    promises = promises_of(workspace.packages, package)
    if not promises:
        which = " and ".join(package) or "no package"
        verb = "has no" if package else "has a"
        said = f"{which} {verb} `rust-version`"
        return Outcome(summary=said, status=Status.SKIPPED, absent=not package)
    here = toolchains_here(context, environment, [each.version for each in promises])
    missing = tuple(each for each in promises if here[each.version] is None)
    if install:
        return _install(context, environment, missing)
    if context.dry_run:
        return context.preview(
            *(
                check_command(
                    context,
                    environment,
                    workspace,
                    each,
                    each.version if each in missing else here[each.version] or "",
                )
                for each in promises
            )
        )
    there = [(each, here[each.version] or "") for each in promises if each not in missing]
    target = target_directory(workspace.root, environment)
    with one_at_a_time(
        context,
        target / "tasker-ci" / "msrv" / "run",
        within=output_root(workspace.root, target),
        waiting="Another run checks with the oldest Rust now",
    ):
        checked = [check_promise(context, environment, workspace, *each) for each in there]
    return _conclude(context, environment, workspace, checked, missing)


def _workspace(context: Context, environment: Mapping[str, str]) -> Workspace | None:
    """The workspace; None for a dry run where cargo cannot say what is in it."""
    try:
        return read_workspace(context, environment)
    except TaskerCIError:
        if context.dry_run:
            return None
        raise


def _install(
    context: Context, environment: Mapping[str, str], missing: Sequence[Promise]
) -> Outcome:
    versions = tuple(each.version for each in missing)
    if not versions:
        return Outcome(summary="every toolchain that a package names is here")
    command = install_command(context, environment, versions)
    if context.dry_run:
        return context.preview(command)
    with context.reporter.running(str(command)):
        completed = context.runner.run(command, output=Output.SHOW)
    if completed.exit_code:
        message = f"rustup cannot install {', '.join(versions)}."
        step = f"Read its message above. The line that was tried: {command}"
        raise ToolchainsMissing(message, next_step=step)
    return Outcome(summary=f"installed: {', '.join(versions)}")


def _conclude(
    context: Context,
    environment: Mapping[str, str],
    workspace: Workspace,
    checked: Sequence[Checked],
    missing: Sequence[Promise],
) -> Outcome:
    """Say what was found; raises `PromiseBroken`, or `ToolchainsMissing` for what is not here."""
    data: dict[str, Any] = {
        "promises": [data_of(context, workspace, each) for each in checked],
        "missing": [{"rust": each.version, "packages": list(each.names)} for each in missing],
    }
    absent, step = "", ""
    if missing:
        which = "; ".join(f"Rust {each.version} for {named(each.names)}" for each in missing)
        absent = f"NOT CHECKED, because it is not installed: {which}"
        step = installation(context, environment, [each.version for each in missing])
    broken = [each for each in checked if not each.kept and not each.unfetched]
    unfetched = [each for each in checked if each.unfetched]
    if broken:
        tell_broken(context, workspace, broken)
        raise _broken(context, workspace, broken, absent, step, data)
    kept = ", ".join(
        f"{counted(len(each.promise.packages), 'package')} with Rust {each.promise.version}"
        for each in checked
        if each.kept
    )
    if unfetched:
        reason = unfetched[0].obstacles[0]
        rust = ", ".join(each.promise.version for each in unfetched)
        absent = f"{absent}. " if absent else ""
        absent += f"NOT CHECKED, because cargo {rust} could not fetch what it needs: {reason}"
        step = step or "Run it again with a network; cargo before 1.70 asks GitHub for the index."
    if missing or unfetched:
        message = f"{absent}.{f' Checked: {kept}.' if kept else ''}"
        kind = ToolchainsMissing if is_ci(context.environment) else MsrvNotChecked
        raise kind(message, next_step=step, data=data)
    own = sorted({each.lock.told for each in checked if each.lock.folder is not None})
    told = f" ({', '.join(own)})" if own else ""
    return Outcome(summary=kept + told, data=data)


def _broken(
    context: Context,
    workspace: Workspace,
    broken: Sequence[Checked],
    absent: str,
    step: str,
    data: Mapping[str, Any],
) -> PromiseBroken | ToolchainsMissing:
    first = broken[0]
    obstacle = first.obstacles[0]
    targets = next((each.promise.version for each in broken if each.no_standard_library), None)
    if targets:
        message = f"Rust {targets} is here without the target that the workspace is built for."
        line = str(install_command(context, {}, (targets,)))
        return ToolchainsMissing(message, next_step=line, data=data)
    what = "; ".join(
        f"{named(sorted({o.package for o in each.obstacles if o.package} or each.promise.names))} "
        f"with Rust {each.promise.version}"
        for each in broken
    )
    message = f"Not compiled: {what}. First: {obstacle}.{f' {absent}.' if absent else ''}"
    advice = f"{fix_of(workspace, first, obstacle)}. Again: {again(context, first, obstacle)}"
    advice = advice[0].upper() + advice[1:] + (f"; the missing: {step}" if step else "")
    return PromiseBroken(message, exit_code=first.exit_code, next_step=advice, data=data)
