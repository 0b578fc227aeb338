"""What a build needs besides the toolchain: a linker, dependencies in folders, Cargo.lock."""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError, ToolchainError, WorkspaceError
from tasker_ci.process.runner import GET_LINKER
from tasker_ci.text.file_writing import write_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.tools.rust_programs import RustPrograms

_NO_LINKER = re.compile(r"linker `([^`]+)` not found")
_LOCK_VERSION = re.compile(r"lock file version `?(\d+)`?")
_LINKED = '[package]\nname = "linked"\nversion = "0.1.0"\nedition = "2021"\n[workspace]\n'


@contextmanager
def small_program() -> Iterator[Path]:
    """A package that builds wherever Rust and a linker work; its folder lies in no workspace."""
    with tempfile.TemporaryDirectory(prefix="tasker-ci-") as name:
        folder = Path(name)
        write_file(folder / "src" / "main.rs", "fn main() {}\n")
        write_file(folder / "Cargo.toml", _LINKED)
        yield folder


def build_arguments(folder: Path) -> tuple[str, ...]:
    """Cargo's arguments that build the `small_program` in ``folder``."""
    places = ("--manifest-path", str(folder / "Cargo.toml"), "--target-dir", str(folder / "target"))
    return ("build", "--quiet", "--offline", "--color", "never", *places)


def linker_problem(programs: RustPrograms) -> ToolchainError | None:
    """The error if rustc finds no linker; a program is built only where `cc` is not on PATH.

    cargo's configuration may name another one, so the workspace's own is asked.
    """
    if programs.has("cc"):
        return None
    with small_program() as folder:
        answer = programs.ask("cargo", *build_arguments(folder))
    found = _NO_LINKER.search(answer.stderr)
    if found is None:
        return None
    message = f"The linker `{found[1]}`, which rustc calls, is not installed."
    return ToolchainError(message, next_step=GET_LINKER)


def absent_dependency(workspace: Workspace) -> WorkspaceError | None:
    """The error for path dependencies without a manifest; None if all have one.

    cargo reads them all for every build, optional ones as well, but not for `cargo metadata
    --no-deps`. A repository with submodules that nobody checked out is the usual cause.
    """
    absent = {
        dependency.path: f"{package.name} needs {dependency.name}, but there is no {manifest}."
        for package in workspace.packages
        for dependency in package.dependencies
        if not (manifest := dependency.path / "Cargo.toml").exists()
    }
    if not absent:
        return None
    step = "Get the folder, or correct `path` in the manifest."
    if (workspace.root / ".gitmodules").is_file():
        step = "git submodule update --init --recursive"
    return WorkspaceError("\n".join(absent.values()), next_step=step)


def lock_problem(programs: RustPrograms, workspace: Workspace) -> TaskerCIError | None:
    """Why cargo cannot read Cargo.lock, asked without resolving or downloading anything."""
    file = workspace.root / "Cargo.lock"
    if not file.is_file() or not workspace.packages:
        return None
    name = workspace.packages[0].name
    answer = programs.ask("cargo", "pkgid", "--offline", "--color", "never", name)
    if "failed to parse lock file" not in answer.stderr:
        return None
    text = answer.stderr.strip()
    found = _LOCK_VERSION.search(text)
    if found is None:
        step = "Take Cargo.lock from version control, or write it anew: cargo generate-lockfile"
        return WorkspaceError(f"cargo cannot read Cargo.lock:\n{text}", next_step=step)
    message = f"{file} is of version {found[1]}, which this cargo{programs.source} is too old for."
    return ToolchainError(message, next_step=programs.newer("stable"))
