"""Rust's programs for a session that runs nothing of the project.

rustup starts the cargo of a folder that `rust-toolchain.toml` names with ``path``. A clone may have
brought that folder. Cargo asks the compiler even to find out dependencies, and its configuration
names compilers, wrappers, flags, variables and programs for credentials.
https://rust-lang.github.io/rustup/overrides.html#path
https://doc.rust-lang.org/cargo/reference/config.html
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError, ToolchainError
from tasker_ci.process.command import Command, Output
from tasker_ci.rust.cargo_configuration import sets_variables, starts_for_network
from tasker_ci.rust.toolchain_file import toolchain_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context

_SECONDS = 20.0


def safe_toolchain(context: Context, environment: Mapping[str, str]) -> Mapping[str, str]:
    """The variable that keeps rustup from a toolchain in a folder; empty where none is named.

    Raises `ToolchainError` where the settings name a folder, or rustup has no default.
    """
    if "/" in context.settings.toolchain:
        raise ToolchainError(
            f"The setting `toolchain` names a folder, {context.settings.toolchain}, and this "
            "session runs nothing that a project brings.",
            next_step="Name a toolchain of rustup, for example --set toolchain=stable.",
        )
    if environment.get("RUSTUP_TOOLCHAIN") or context.settings.toolchain:
        return {}
    file = folder_toolchain(context.workspace)
    if file is None:
        return {}
    command = Command(
        argv=("rustup", "default"), cwd=Path(context.workspace.anchor), environment=environment
    )
    try:
        answer = context.runner.run(command, output=Output.CAPTURE, timeout=_SECONDS)
    except TaskerCIError:
        return {}  # without rustup nobody reads the file
    words = answer.stdout.split()
    if answer.exit_code or not words:
        raise ToolchainError(
            f"{file} names a toolchain in a folder, and this session runs nothing that a project "
            "brings. rustup has no default to ask instead.",
            next_step="rustup default stable",
        )
    return {"RUSTUP_TOOLCHAIN": words[0]}


def folder_toolchain(workspace: Path) -> Path | None:
    """The toolchain file that counts for a workspace, if it names a folder or may name one."""
    found = toolchain_file(workspace)
    if found is None or (found.readable and "path" not in found.table):
        return None
    return found.path


def plain_cargo(context: Context, command: Command) -> Command:
    """A cargo command of the workspace that asks plain rustc, and nothing else that files name.

    Variables win over what files name as compiler, wrapper and flags. Nothing wins over the
    variables that files set for the compiler, such as LD_PRELOAD: then cargo runs outside of the
    project, where it does not read those files.
    """
    workspace = context.workspace
    offline = {"CARGO_NET_OFFLINE": "true"} if starts_for_network(workspace) else {}
    plain = replace(command, environment={**command.environment, **_PLAIN, **offline})
    if not sets_variables(workspace):
        return plain
    manifest = ("--manifest-path", str(workspace / "Cargo.toml"))
    return replace(plain, argv=(*plain.argv, *manifest), cwd=Path(workspace.anchor))


_PLAIN = {
    "RUSTC": "rustc",
    "RUSTC_WRAPPER": "",
    "RUSTC_WORKSPACE_WRAPPER": "",
    "CARGO_ENCODED_RUSTFLAGS": "",
}
"""Flags may load a part of the compiler."""
