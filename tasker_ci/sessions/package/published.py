"""Which packages of a workspace are published at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.rust.workspace import Workspace


def kept_back(workspace: Workspace) -> tuple[str, ...]:
    """The packages whose manifest says `publish = false`, or an empty list of registries."""
    shared = _publish(workspace.root / "Cargo.toml", "workspace", "package")
    return tuple(
        package.name
        for package in workspace.packages
        if _is_kept_back(_publish(package.manifest, "package"), shared)
    )


def _is_kept_back(own: Any, shared: Any) -> bool:
    value = shared if isinstance(own, dict) and own.get("workspace") is True else own
    return value is False or value == []


def _publish(manifest: Path, *names: str) -> Any:
    found: Any = read_tables(manifest)
    for name in (*names, "publish"):
        found = found.get(name) if isinstance(found, dict) else None
    return found
