"""Small real cargo workspaces, written where a test wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOXFILE = "import tasker_ci\n\ntasker_ci.register_sessions()\n"
TASKS = 'from tasker_ci import namespace\n\n__all__ = ["namespace"]\n'

CLEAN_LIBRARY = """\
//! A library.

/// Adds one.
#[must_use]
pub fn add_one(number: u32) -> u32 {
    number + 1
}
"""


def manifest(name: str, more: str = "") -> str:
    """The manifest of a package without dependencies."""
    return f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{more}'


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files with their folders; returns ``folder``."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def write_project(
    folder: Path, files: Mapping[str, str] | None = None, *, settings: str = ""
) -> Path:
    """A project with both plugs and, unless ``files`` say otherwise, one clean library package."""
    base = {
        "noxfile.py": NOXFILE,
        "tasks.py": TASKS,
        ".config/tasker-ci.toml": settings,
        "Cargo.toml": manifest("sample"),
        "src/lib.rs": CLEAN_LIBRARY,
    }
    return write_files(folder, {**base, **(files or {})})
