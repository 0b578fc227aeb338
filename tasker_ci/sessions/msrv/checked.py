"""One `cargo check` with one old Rust, and what it has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.process.command import Command, Completed, Output
from tasker_ci.rust.cargo_configuration import target_directory
from tasker_ci.sessions.msrv.findings import obstacles_of
from tasker_ci.sessions.msrv.locks import Lock, lock_for, make_lock
from tasker_ci.sessions.msrv.promises import Promise
from tasker_ci.sessions.msrv.settings import MsrvSettings
from tasker_ci.settings.model import effective_features
from tasker_ci.text.foreign import unescaped
from tasker_ci.tools.cargo import SIGNALS, color_arguments, failure_of, feature_words, run_cargo
from tasker_ci.tools.compiler_messages import CompilerFindings
from tasker_ci.tools.first_errors import FirstErrors, Obstacle, says_no_network

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.settings.cargo_features import Features

_STALE = "--locked was passed to prevent this"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """How the check of one promise ended."""

    promise: Promise
    lock: Lock
    seconds: float
    exit_code: int = 0
    obstacles: tuple[Obstacle, ...] = ()
    no_standard_library: bool = False
    """Whether the toolchain lacks what the workspace is built for."""
    unfetched: bool = False
    """Whether cargo could not fetch what it needs: that says nothing of the promise."""
    also_now: bool = False
    """Whether the packages do not compile with the workspace's own Rust either."""
    refused: bool = False
    """Whether code refuses to be compiled as it is asked to: by features, most often."""

    @property
    def kept(self) -> bool:
        """Whether the packages compile."""
        return self.exit_code == 0


def check_command(
    context: Context,
    environment: Mapping[str, str],
    workspace: Workspace,
    promise: Promise,
    toolchain: str,
    *,
    lock: Lock | None = None,
) -> Command:
    """The command; ``toolchain`` as `toolchains_here` gives it, "" for the chosen one.

    Without debug information, and without an argument that an old cargo does not know.
    """
    lock = lock or lock_for(environment, workspace.root, promise.version)
    toolchain = toolchain or context.settings.toolchain
    whole = len(promise.packages) == len(workspace.packages)
    names = () if whole else promise.names
    own = context.settings_of(MsrvSettings).features
    features = _of_packages(effective_features(own, context.settings), promise)
    return Command(
        argv=(
            "cargo",
            *((f"+{toolchain}",) if toolchain else ()),
            "check",
            *(("--workspace",) if whole else ()),
            *(word for name in names for word in ("--package", name)),
            *feature_words(features),
            *lock.arguments,
            "--target-dir",
            str(target_directory(workspace.root, environment) / "tasker-ci" / "msrv"),
            "--message-format",
            "json-diagnostic-rendered-ansi" if context.reporter.color else "json",
            *color_arguments(context),
        ),
        cwd=context.workspace,
        environment=environment,
    )


def _of_packages(features: Features, promise: Promise) -> Features:
    """Those of listed features that these packages have: cargo refuses others."""
    if isinstance(features, str):
        return features
    known = {name for package in promise.packages for name in package.features}
    names = {package.name for package in promise.packages}
    return tuple(
        each
        for each in features
        if each in known or ("/" in each and each.partition("/")[0] in names)
    )


def check_promise(
    context: Context,
    environment: Mapping[str, str],
    workspace: Workspace,
    promise: Promise,
    toolchain: str,
) -> Checked:
    """Check the packages of a promise.

    Raises what making a lock file raises, and `CommandFailed` where a signal or a full disk ended
    cargo.
    """
    lock = lock_for(environment, workspace.root, promise.version)
    for _ in range(2):
        make_lock(context, environment, lock, promise.version)
        command = check_command(context, environment, workspace, promise, toolchain, lock=lock)
        errors, completed = _run(context, command)
        said = unescaped(completed.stderr)
        if completed.exit_code and lock.folder is None and _STALE in said:
            lock = lock_for(environment, workspace.root, promise.version, own=True)
            continue
        break
    if completed.exit_code in SIGNALS or completed.short_of_room:
        meaning = f"It does not compile with Rust {promise.version}."
        raise failure_of(context, command, completed, meaning, "Read the messages above.")
    also_now = False
    if errors.count and toolchain:  # is it the Rust, or the code as it is asked for?
        context.reporter.line("Does it compile with the Rust that the workspace has chosen?")
        now = check_command(context, environment, workspace, promise, "", lock=lock)
        also_now = run_cargo(context, now, output=Output.CAPTURE).exit_code != 0
    return Checked(
        promise=promise,
        lock=lock,
        also_now=also_now,
        refused=errors.refused,
        unfetched=completed.exit_code != 0 and not errors.count and says_no_network(said),
        seconds=completed.seconds,
        exit_code=completed.exit_code,
        obstacles=obstacles_of(said, errors) if completed.exit_code else (),
        no_standard_library=errors.no_standard_library,
    )


def _run(context: Context, command: Command) -> tuple[FirstErrors, Completed]:
    shown, errors = CompilerFindings(context), FirstErrors()

    def read(line: str) -> None:
        shown.read(line)
        errors.read(line)

    completed = run_cargo(
        context,
        command,
        output=Output.CAPTURE,
        on_line=read,
        on_error_line=context.reporter.output,
    )
    return errors, completed
