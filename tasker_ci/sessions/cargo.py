"""What every session that calls cargo shares: the command and the better message."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.cargo_configuration import target_directory
from tasker_ci.errors import (
    CommandFailed,
    ToolchainError,
    WorkspaceError,
)
from tasker_ci.lock_watch import LockWatch
from tasker_ci.process import Command, Completed, Output
from tasker_ci.settings.load import SETTINGS_FILE
from tasker_ci.workspace import Workspace, read_metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.settings.cargo_features import Features, OwnFeatures

SIGNALS = {
    137: "it was killed (SIGKILL), most often because memory ran out",
    135: "SIGBUS, which means that memory or disk space ran out while linking",
    139: "SIGSEGV, a crash in the program itself",
    134: "SIGABRT, it aborted itself",
}
"""Exit codes of children that a signal ended, in words."""


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
    """`--color always` or `--color never`, as our own output has it.

    As an argument, because CARGO_TERM_COLOR would reach the tests, is part of sccache's key and
    beats NO_COLOR. Where colour is wanted, a CARGO_TERM_COLOR of the user's own decides.
    """
    if not context.reporter.color:
        return ("--color", "never")
    return () if context.environment.get("CARGO_TERM_COLOR") else ("--color", "always")


def check_directory(context: Context) -> Path:
    """The target directory of the check family (clippy, doc), apart from that of the build family.

    Two families share no artefacts but would wait for one another's lock in one directory.
    """
    return target_directory(context.workspace, context.environment) / "tasker-ci" / "check"


def effective_features(own: OwnFeatures, context: Context) -> Features:
    """The features of one session; its own setting may inherit those of all."""
    return context.settings.features if own == "inherit" else own


def feature_arguments(own: OwnFeatures, context: Context) -> tuple[str, ...]:
    """Cargo's flags for the features of one session."""
    features = effective_features(own, context)
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


def read_workspace(
    context: Context, environment: Mapping[str, str], *, exit_code: int | None = None
) -> Workspace:
    """Ask `cargo metadata` for the workspace.

    Raises `ToolchainError` or `WorkspaceError` when it cannot say, with ``exit_code`` (that of a
    command which failed before) or cargo's own.
    """
    command = cargo(
        context,
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        *("--color", "never"),  # what it prints is read, and shown as a part of a message
        environment=environment,
    )
    answer = context.runner.run(command, output=Output.CAPTURE)
    if answer.exit_code:
        exit_code = exit_code or answer.exit_code
        raise_for_toolchain(context, command, exit_code=exit_code)
        text = answer.stderr.strip()
        message = f"cargo cannot read the workspace {context.workspace}:\n{text}"
        step = "Mend the manifest it names."
        if not (context.workspace / "Cargo.toml").is_file():
            step = (
                f"Set `workspace` in {SETTINGS_FILE} to the folder of the workspace's Cargo.toml."
            )
        raise WorkspaceError(message, next_step=step, exit_code=exit_code)
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
    raise_for_toolchain(context, command, exit_code=code)
    workspace = read_workspace(context, command.environment, exit_code=code)
    _raise_for_rust_version(context, command, workspace, code)
    raise CommandFailed(f"{meaning} (exit code {code})", exit_code=code, next_step=step)


def _raise_for_rust_version(
    context: Context, command: Command, workspace: Workspace, exit_code: int
) -> None:
    """Raise `ToolchainError` if a member asks for a newer compiler than there is.

    Formatting asks for none, every other command stops at once.
    """
    chosen, subcommand = _parts(command)
    if subcommand == "fmt":
        return
    answer = _probe(context, command, "rustc", *chosen, "--version")
    found = answer.stdout.split()[1:2]
    there = _version(found[0]) if found and answer.exit_code == 0 else ()
    too_new = [
        f"{package.name} wants {package.rust_version}"
        for package in workspace.packages
        if there and package.rust_version and _version(package.rust_version) > there
    ]
    if too_new:
        message = f"The compiler is too old: {', '.join(too_new)}, this is Rust {found[0]}."
        step = "rustup update, or choose another toolchain with the setting `toolchain`."
        raise ToolchainError(message, next_step=step, exit_code=exit_code)


def _version(text: str) -> tuple[int, ...]:
    """``1.95.0-nightly`` as numbers that compare, three of them."""
    numbers = [int(part) for part in text.partition("-")[0].split(".") if part.isdigit()]
    return tuple([*numbers, 0, 0][:3])


def _parts(command: Command) -> tuple[tuple[str, ...], str]:
    """The toolchain of a cargo command (``+beta``, or nothing) and its subcommand."""
    chosen = command.argv[1:2] if command.argv[1].startswith("+") else ()
    return chosen, command.argv[1 + len(chosen)]


def _probe(context: Context, command: Command, *argv: str) -> Completed:
    """Ask something in the same place; no backtrace, because the answer is shown to people."""
    quiet = {**command.environment, "RUST_BACKTRACE": "0"}
    probe = replace(command, argv=argv, environment=quiet)
    return context.runner.run(probe, output=Output.CAPTURE)


def raise_for_toolchain(
    context: Context, command: Command, *, exit_code: int | None = None
) -> None:
    """Raise `ToolchainError` if cargo or the component that ``command`` needs does not start.

    ``exit_code`` is that of a command which failed before, else the error has cargo's own. Cargo
    exits 1 both for a formatting difference and for a toolchain file that names an absent
    toolchain, so the question is asked apart.
    """
    chosen, subcommand = _parts(command)
    components = {"fmt": "rustfmt", "clippy": "clippy"}
    asked = (subcommand,) if subcommand in components else ()
    answer = _probe(context, command, "cargo", *chosen, *asked, "--version")
    if answer.exit_code == 0:
        return
    reason = answer.stderr.strip()
    name = chosen[0][1:] if chosen else ""
    if asked and _probe(context, command, "cargo", *chosen, "--version").exit_code == 0:
        component = components[subcommand]
        message = f"The component {component} is not installed for this toolchain:\n{reason}"
        step = f"rustup component add {component}" + (f" --toolchain {name}" if name else "")
    else:
        message = f"The Rust toolchain of this workspace does not start:\n{reason}"
        step = (
            f"rustup toolchain install {name}"
            if name
            else "rustup toolchain install (in the workspace)"
        )
    raise ToolchainError(message, next_step=step, exit_code=exit_code or answer.exit_code)
