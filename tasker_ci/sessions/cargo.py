"""What every session that calls cargo shares: the command, its environment, the better message."""

from __future__ import annotations

import sysconfig
from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandFailed, TaskerCIError, ToolchainError, WorkspaceError
from tasker_ci.lock_watch import LockWatch
from tasker_ci.process import Command, Completed, Output
from tasker_ci.settings import environment as table
from tasker_ci.workspace import Workspace, read_metadata, target_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.settings.model import OwnFeatures

SIGNALS = {
    137: "it was killed (SIGKILL), most often because memory ran out",
    135: "SIGBUS, which means that memory or disk space ran out while linking",
    139: "SIGSEGV, a crash in the program itself",
    134: "SIGABRT, it aborted itself",
}
"""Exit codes of children that a signal ended, in words."""


def child_environment(
    context: Context, *, secrets: bool = False, sccache: bool = False, **extra: str
) -> dict[str, str]:
    """The environment of a child: this process, the table, our tools first on PATH, ``extra``.

    ``secrets`` hands over the run's keys (only to sessions that run the workspace's own code),
    ``sccache`` lets compilations go through sccache if it answers.
    """
    base = {**context.environment, "PATH": search_path(context.environment)}
    rows = table.resolve(
        context.loaded,
        context.environment,
        with_secrets=secrets,
        make_keys=secrets and not context.dry_run,
        sccache=sccache and sccache_answers(context, base),
    )
    shown_only = {row.name: "" for row in rows if row.secret and row.value is None}
    return {**base, **(shown_only if context.dry_run else {}), **table.values(rows), **extra}


def search_path(environment: Mapping[str, str]) -> str:
    """PATH with the folder of this Python's scripts first, where wheels put the cargo tools."""
    scripts = sysconfig.get_path("scripts")
    path = environment.get("PATH", "")
    return path if path.split(":")[0] == scripts else f"{scripts}:{path}"


def sccache_answers(context: Context, environment: Mapping[str, str]) -> bool:
    """Whether sccache can wrap rustc here; says so when it cannot and goes on without.

    `sccache rustc -vV` is what cargo asks first: 0 when a server runs or starts
    (`--start-server` fails when one runs already).
    """
    if context.settings.sccache == "off" or "RUSTC_WRAPPER" in context.environment:
        return False
    if context.dry_run:
        return True
    probe = Command(
        argv=("sccache", "rustc", "-vV"), cwd=context.workspace, environment=environment
    )
    try:
        answer = context.runner.run(probe, output=Output.CAPTURE, timeout=30)
    except TaskerCIError as error:
        if error.exit_code >= 128:  # noqa: PLR2004 - a signal to us, not a fault of sccache
            raise
        context.reporter.warning(f"{error.message} Compiling without sccache.")
        return False
    if answer.exit_code == 0:
        return True
    reason = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
    context.reporter.warning(f"sccache does not answer ({reason}). Compiling without it.")
    return False


def cargo(
    context: Context,
    *arguments: str,
    environment: Mapping[str, str],
    toolchain: str = "",
) -> Command:
    """A cargo command in the workspace, on the chosen toolchain."""
    toolchain = toolchain or context.settings.toolchain
    chosen = (f"+{toolchain}",) if toolchain else ()
    return Command(
        argv=("cargo", *chosen, *arguments), cwd=context.workspace, environment=environment
    )


def color_arguments(context: Context) -> tuple[str, ...]:
    """`--color never` where colour is not wanted.

    As an argument, because CARGO_TERM_COLOR is part of sccache's key and would beat NO_COLOR.
    """
    return () if context.reporter.color else ("--color", "never")


def check_directory(context: Context) -> Path:
    """The target directory of the check family (clippy, doc), apart from that of the build family.

    Two families share no artefacts but would wait for one another's lock in one directory.
    """
    return target_directory(context.workspace, context.environment) / "tasker-ci" / "check"


def feature_arguments(own: OwnFeatures, context: Context) -> tuple[str, ...]:
    """Cargo's flags for the features of one session."""
    features = context.settings.features if own == "inherit" else own
    if features == "all":
        return ("--all-features",)
    if features == "none":
        return ("--no-default-features",)
    if features == "default":
        return ()
    return ("--features", ",".join(features)) if features else ()


def run_cargo(
    context: Context,
    command: Command,
    *,
    output: Output = Output.SHOW,
    on_line: Callable[[str], None] | None = None,
) -> Completed:
    """Show and run a cargo command; waiting for a lock of another cargo is said."""
    with context.reporter.running(str(command)):
        return context.runner.run(
            command, output=output, on_line=on_line, on_tick=LockWatch(context.reporter.warning)
        )


def read_workspace(context: Context, environment: Mapping[str, str]) -> Workspace:
    """Ask `cargo metadata` for the workspace; raises what `explain` finds when it cannot say."""
    command = cargo(
        context, "metadata", "--no-deps", "--format-version", "1", environment=environment
    )
    answer = context.runner.run(command, output=Output.CAPTURE)
    if answer.exit_code:
        raise_for_toolchain(context, command)
        text = answer.stderr.strip()
        message = f"cargo cannot read the workspace {context.workspace}:\n{text}"
        raise WorkspaceError(
            message, next_step="Mend the manifest it names.", exit_code=answer.exit_code
        )
    return read_metadata(answer.stdout)


def explain(
    context: Context, command: Command, completed: Completed, meaning: str, step: str
) -> None:
    """Raise the best explanation of a failed cargo command; return if it did not fail.

    ``meaning`` says what this command's failure means when toolchain and manifests are sound.
    """
    code = completed.exit_code
    if code == 0:
        return
    if code in SIGNALS:
        message = f"`{' '.join(command.argv[:2])}` ended by a signal: {SIGNALS[code]}."
        raise CommandFailed(
            message, exit_code=code, next_step="`tasker-ci doctor` looks at memory and disk."
        )
    raise_for_toolchain(context, command)
    read_workspace(context, command.environment)
    raise CommandFailed(f"{meaning} (exit code {code})", exit_code=code, next_step=step)


def raise_for_toolchain(context: Context, command: Command) -> None:
    """Raise `ToolchainError` if cargo or the component that ``command`` needs does not start.

    Cargo exits 1 both for a formatting difference and for a toolchain file that names an absent
    toolchain, so the question is asked apart.
    """
    chosen = command.argv[1:2] if command.argv[1].startswith("+") else ()
    subcommand = command.argv[1 + len(chosen)]
    components = {"fmt": "rustfmt", "clippy": "clippy"}
    asked = (subcommand,) if subcommand in components else ()
    probe = replace(command, argv=("cargo", *chosen, *asked, "--version"))
    answer = context.runner.run(probe, output=Output.CAPTURE)
    if answer.exit_code == 0:
        return
    reason = answer.stderr.strip()
    toolchain = chosen[0][1:] if chosen else ""
    plain = context.runner.run(
        replace(command, argv=("cargo", *chosen, "--version")), output=Output.CAPTURE
    )
    if asked and plain.exit_code == 0:
        component = components[subcommand]
        where = f" --toolchain {toolchain}" if toolchain else ""
        message = f"The component {component} is not installed for this toolchain:\n{reason}"
        step = f"rustup component add {component}{where}"
    else:
        message = f"The Rust toolchain of this workspace does not start:\n{reason}"
        step = f"rustup toolchain install{f' {toolchain}' if toolchain else ' (in the workspace)'}"
    raise ToolchainError(message, next_step=step, exit_code=answer.exit_code)
