"""What every session that calls cargo shares: the command and the better message."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandFailed, SettingsError, WorkspaceError
from tasker_ci.process.absent_programs import is_noexec
from tasker_ci.process.command import Command, Completed, Output
from tasker_ci.process.disk_room import DiskWatch, says_full
from tasker_ci.process.lock_watch import LockWatch
from tasker_ci.process.system_limits import HOW_TO_MAKE_ROOM, limits_here
from tasker_ci.rust.cargo_configuration import EXTERNAL, CargoConfiguration, target_directory
from tasker_ci.rust.unfit_files import check_sources
from tasker_ci.rust.workspace import Workspace, find_workspace_root, read_metadata
from tasker_ci.settings.model import effective_features
from tasker_ci.tools.debug_information import with_debug_information
from tasker_ci.tools.requirements import CARGO, COMPILER, MANIFEST, look_at_rust
from tasker_ci.tools.rust_programs import RustPrograms, manifest_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.settings.cargo_features import Features, OwnFeatures

SIGNALS = {
    137: "it was killed (SIGKILL), most often because memory ran out",
    135: "SIGBUS, which means that memory or disk space ran out while linking",
    139: "SIGSEGV, a crash in the program itself",
    134: "SIGABRT, it aborted itself",
    152: "SIGXCPU, because it may compute no longer (`ulimit -t`)",
    153: "SIGXFSZ, because it may write no larger file (`ulimit -f`)",
}
"""Exit codes of children that a signal ended, in words."""


def cargo(
    context: Context,
    *arguments: str,
    environment: Mapping[str, str],
    toolchain: str | None = None,
) -> Command:
    """A cargo command in the workspace, on the chosen toolchain.

    Raises `SettingsError` if an alias would run in place of a subcommand of ours.
    """
    if arguments[0] in EXTERNAL:
        refuse_alias(context, arguments[0], environment)
    toolchain = toolchain or context.settings.toolchain
    chosen = (f"+{toolchain}",) if toolchain else ()
    words = with_debug_information(context, arguments, environment)
    return Command(argv=("cargo", *chosen, *words), cwd=context.workspace, environment=environment)


def refuse_alias(context: Context, subcommand: str, environment: Mapping[str, str]) -> None:
    """Raise `SettingsError` if an alias hides an external subcommand: it might even be green.

    Cargo runs the alias and warns: https://github.com/rust-lang/cargo/issues/10049
    """
    alias = CargoConfiguration.read(context.workspace, environment).alias(subcommand)
    if alias is not None:
        message = f"`cargo {subcommand}` is not cargo-{subcommand} here: {alias.source} replaces it"
        raise SettingsError(f"{message} by {alias.words!r}.", next_step=alias.renaming)


def color_arguments(context: Context) -> tuple[str, ...]:
    """`--color always` or `--color never`, as our own output has it.

    As an argument, because CARGO_TERM_COLOR would reach the tests, is part of sccache's key and
    beats NO_COLOR. Where colour is wanted, a CARGO_TERM_COLOR of the user's own decides.
    """
    if not context.reporter.color:
        return ("--color", "never")
    return () if context.environment.get("CARGO_TERM_COLOR") else ("--color", "always")


def feature_arguments(own: OwnFeatures, context: Context) -> tuple[str, ...]:
    """Cargo's flags for the features of one session."""
    return feature_words(effective_features(own, context.settings))


def feature_words(features: Features) -> tuple[str, ...]:
    """Cargo's flags for features."""
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
    on_error_line: Callable[[str], None] | None = None,
    on_text: Callable[[str], None] | None = None,
) -> Completed:
    """Show and run a cargo command; waiting for a lock of another cargo is said.

    Raises `WorkspaceError` for a source that the compiler would never have read.
    """
    check_sources(context.workspace)
    locks = LockWatch(context.reporter.warning)
    disk = DiskWatch(_written(context, command))

    def look(pid: int, age: float) -> None:
        locks(pid, age)
        disk(pid, age)

    with context.reporter.running(str(command)):
        completed = context.runner.run(
            command,
            output=output,
            on_line=on_line,
            on_error_line=on_error_line,
            on_text=on_text,
            on_tick=look,
        )
    return disk.seen(completed)


def _written(context: Context, command: Command) -> Iterator[Path]:
    """The folders that cargo and the compiler write into."""
    environment = command.environment
    yield target_directory(context.workspace, environment)
    for name in ("TMPDIR", "CARGO_HOME"):
        if environment.get(name):
            yield context.workspace / environment[name]


def read_workspace(context: Context, environment: Mapping[str, str]) -> Workspace:
    """What `cargo metadata` says of the workspace; it is asked unless that is known already.

    Raises `ToolchainError` or `WorkspaceError` when it cannot say.
    """
    if context.met.manifests is not None:
        return context.met.manifests
    programs = RustPrograms.of(context, environment)
    answer = programs.start(programs.metadata())
    if answer.exit_code:
        raise programs.toolchain_problem() or manifest_problem(context, answer)
    return read_metadata(answer.stdout)


def raise_if_failed(
    context: Context, command: Command, completed: Completed, meaning: str, step: str
) -> None:
    """Raise the best explanation of a cargo command if it failed: see `failure_of`."""
    if completed.exit_code:
        raise failure_of(context, command, completed, meaning, step)


def failure_of(
    context: Context, command: Command, completed: Completed, meaning: str, step: str
) -> CommandFailed:
    """The best explanation of a failed cargo command.

    ``meaning`` says what this command's failure means when toolchain and manifests are sound.
    Raises what says that they are not.
    """
    code = completed.exit_code
    if code in SIGNALS:
        message = f"`{' '.join(command.argv[:2])}` ended by a signal: {SIGNALS[code]}."
        return CommandFailed(
            message, exit_code=code, next_step="`tasker-ci doctor` looks at memory and disk."
        )
    where = completed.short_of_room
    said = says_full(completed.stdout + completed.stderr)
    if said and where:
        message = f"The disk is full: {where} (exit code {code})."
        return CommandFailed(message, exit_code=code, next_step=HOW_TO_MAKE_ROOM)
    sign = (where, HOW_TO_MAKE_ROOM) if where else None
    if said:  # code may hold those words, too
        sign = ("The output above speaks of a full disk", HOW_TO_MAKE_ROOM)
    if sign := sign or nothing_runs(context, command) or limits_here():
        reason, way = sign
        meaning = f"{reason}, which may be the whole reason. {meaning}"
        step = f"{way} Otherwise: {step}"
        return CommandFailed(f"{meaning} (exit code {code})", exit_code=code, next_step=step)
    check_needs(context, command)
    _check_lock_file(context, command, code)
    return CommandFailed(f"{meaning} (exit code {code})", exit_code=code, next_step=step)


def nothing_runs(context: Context, command: Command) -> tuple[str, str] | None:
    """Why nothing that cargo builds can be started, and the next step; None if all can.

    Build scripts, procedural macros and tests all lie in the target directory.
    """
    folder = target_directory(context.workspace, command.environment)
    if not is_noexec(folder):
        return None
    step = "Set CARGO_TARGET_DIR to a folder on a disk that is not mounted noexec."
    return f"The disk of {folder} is mounted noexec", step


def check_needs(context: Context, command: Command) -> None:
    """Raise the error if what a cargo command needs is missing, which may explain its failure.

    Cargo exits 1 both for a formatting difference and for a toolchain that is absent, so the
    question is asked apart, unless it was before the session started.
    """
    chosen = command.argv[1][1:] if command.argv[1].startswith("+") else None
    subcommand = command.argv[2 if chosen else 1]
    needs = _NEEDS.get(subcommand, (MANIFEST, COMPILER))
    if context.met.needs.issuperset(needs):
        return
    programs = RustPrograms.of(context, command.environment, chosen)
    for problem in look_at_rust(programs, needs).problems:
        raise problem


_NEEDS: Mapping[str, tuple[str, ...]] = {
    "audit": (CARGO,),
    "fmt": (MANIFEST, "rustfmt"),
    "clippy": (MANIFEST, "clippy", COMPILER),
}
"""What subcommands need; formatting asks for no newer compiler, every other command stops."""


def _check_lock_file(context: Context, command: Command, exit_code: int) -> None:
    """Raise `WorkspaceError` if cargo wants to write Cargo.lock and may not."""
    root = find_workspace_root(context.workspace) or context.workspace
    if os.access(root, os.W_OK):
        return
    chosen = command.argv[1][1:] if command.argv[1].startswith("+") else None
    programs = RustPrograms.of(context, command.environment, chosen)
    asked = ("metadata", "--locked", "--format-version", "1", "--color", "never")
    answer = programs.ask("cargo", *asked)
    if answer.exit_code and "lock file" in answer.stderr:
        raise WorkspaceError(
            f"Cargo.lock is missing or out of date, and {root} cannot be written.",
            next_step="Write it where the checkout can be written, and commit it: "
            "cargo generate-lockfile",
            exit_code=exit_code,
        )
