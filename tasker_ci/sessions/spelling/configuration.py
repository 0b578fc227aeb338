"""Where typos reads which words are right in a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.text.toml_documents import has_table

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("typos.toml", "_typos.toml", ".typos.toml")
"""In the order in which typos looks for them."""

_TABLES = {
    "Cargo.toml": (("workspace", "metadata", "typos"), ("package", "metadata", "typos")),
    "pyproject.toml": (("tool", "typos"),),
}


def configuration_file(project_root: Path, workspace: Path) -> str | None:  # noqa: ARG001
    """The file of the project that configures typos; None where none does."""
    for name in NAMES:
        if (project_root / name).is_file():
            return name
    for name, tables in _TABLES.items():
        if any(has_table(project_root / name, *keys) for keys in tables):
            return name
    return None
