"""The manifests of one workspace on this machine, read without cargo and without a list of files.

https://doc.rust-lang.org/cargo/reference/workspaces.html#the-members-and-exclude-fields
"""

from __future__ import annotations

from dataclasses import dataclass
from glob import escape, iglob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.rust.cargo_configuration import part
from tasker_ci.rust.manifests.requirements import requirements_of
from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST = 5000
"""So many manifests are read; the rest is left out."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The manifest of a member."""

    file: Path
    table: Mapping[str, Any]
    rust_version: str | None
    """What it says of it, or takes from its workspace."""


def member_manifests(root: Path) -> Iterator[Manifest]:
    """The members of the workspace in ``root``, or its one package, each once."""
    top = read_tables(root / "Cargo.toml")
    workspace = part(top, "workspace")
    shared = part(workspace, "package").get("rust-version")
    waiting = [root, *_named(root, workspace, "members")]
    out, named = _named(root, workspace, "exclude"), frozenset(waiting)
    seen: set[Path] = set()
    while waiting and len(seen) < _MOST:
        folder = waiting.pop(0)
        excluded = folder not in named and any(folder.is_relative_to(each) for each in out)
        if folder in seen or excluded:
            continue
        seen.add(folder)
        table = top if folder == root else read_tables(folder / "Cargo.toml")
        package = part(table, "package")
        if not package:
            continue
        own = package.get("rust-version")
        if isinstance(own, dict) and own.get("workspace") is True:
            own = shared
        version = own if isinstance(own, str) else None
        yield Manifest(file=folder / "Cargo.toml", table=table, rust_version=version)
        if "workspace" in top:
            beside = requirements_of(
                table, folder, part(workspace, "dependencies"), root, edition="2021"
            )
            waiting += [
                each.path for each in beside if each.path and each.path.is_relative_to(root)
            ]


def _named(root: Path, workspace: Mapping[str, Any], key: str) -> list[Path]:
    """The folders that a list of patterns names."""
    given = workspace.get(key)
    found: list[Path] = []
    for pattern in given if isinstance(given, list) else ():
        if isinstance(pattern, str) and "\0" not in pattern:
            whole = str(Path(escape(str(root)), pattern))
            found += map(Path, sorted(iglob(whole)))  # noqa: PTH207 - it may be absolute
    return found
