"""The toolchain for a session that runs nothing of the project.

rustup starts the cargo of a folder that `rust-toolchain.toml` names with ``path``. A clone may have
brought that folder.
https://rust-lang.github.io/rustup/overrides.html#path
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import Interrupted, TaskerCIError, ToolchainError
from tasker_ci.file_reading import read_text
from tasker_ci.process import Command, Output
from tasker_ci.toml_documents import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context

_NAMES = ("rust-toolchain", "rust-toolchain.toml")
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
    except Interrupted:
        raise
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
    """The toolchain file that counts for a workspace, if it names a folder."""
    for folder in (workspace, *workspace.parents):
        for file in (folder / name for name in _NAMES):
            if file.is_file():
                return file if _names_folder(file) else None
    return None


def _names_folder(file: Path) -> bool:
    try:
        table = read_toml(read_text(file, encoding="utf-8-sig")).get("toolchain")
    except (OSError, UnicodeDecodeError):
        return True  # what cannot be read may name one
    except tomllib.TOMLDecodeError:
        return False  # the old form has a name alone
    return isinstance(table, dict) and "path" in table
