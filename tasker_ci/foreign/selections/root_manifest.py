"""What the root of a workspace says of its features: the resolver, and packages that it patches."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.rust.cargo_configuration import part
from tasker_ci.rust.lockfile import read_lock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.rust.workspace import Package


def patched_packages(manifest: Mapping[str, Any], root: Path) -> dict[str, Path]:
    """What `[patch]` takes from folders, by the name of the package."""
    return {
        str(row.get("package", name)): Path(os.path.normpath(root / row["path"]))
        for source in part(manifest, "patch").values()
        if isinstance(source, dict)
        for name, row in source.items()
        if isinstance(row, dict) and isinstance(row.get("path"), str)
    }


@lru_cache(maxsize=16)
def needed_by_registries(lock: str | None) -> frozenset[str] | None:
    """The packages without a source on which one with a source depends; None if not known."""
    if lock is None:
        return None
    try:
        locked = read_lock(lock)
    except ReportError:
        return None
    return frozenset(
        package.name
        for package in locked.packages
        if not package.source
        and any(other.source for other in locked.dependents.get(package, frozenset()))
    )


def resolver_of(manifest: Mapping[str, Any], root_package: Package | None) -> str:
    """The version of the resolver that a workspace's root asks for, by itself or its edition.

    https://doc.rust-lang.org/cargo/reference/resolver.html#resolver-versions
    """
    for table in (part(manifest, "workspace"), part(manifest, "package")):
        if isinstance(table.get("resolver"), str):
            return str(table["resolver"])
    edition = root_package.edition if root_package else "2015"
    return "3" if edition >= "2024" else "2" if edition >= "2021" else "1"
