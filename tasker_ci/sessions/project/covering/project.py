"""What decides whether a session does what a foreign command did: read from a project's files.

No cargo is asked: `sync` runs where there is none.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.surroundings import TOP
from tasker_ci.rust.cargo_configuration import cargo_configurations
from tasker_ci.rust.toolchain_file import toolchain_file
from tasker_ci.rust.workspace import find_workspace_root
from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LEFT_OUT = {"target", "node_modules", "vendor", "third_party"}


@dataclass(frozen=True, kw_only=True)
class Member:
    """One package of the workspace."""

    name: str
    folder: PurePosixPath
    """From the project root."""
    features: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Its own, each with what it switches on; optional dependencies too."""
    has_benches: bool = False
    has_examples: bool = False

    def switched_on(self, names: set[str], *, default: bool) -> set[str]:
        """The features that are on with these names, `default` itself left out."""
        waiting = [*names, *(["default"] if default else [])]
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in self.features and name not in found:
                found.add(name)
                waiting += self.features[name]
        return found - {"default"}


@dataclass(frozen=True, kw_only=True)
class Project:
    """What the sessions of a project are about."""

    workspace: PurePosixPath = TOP
    """From the project root."""
    members: tuple[Member, ...] = ()
    others: frozenset[PurePosixPath] = frozenset()
    """Folders of manifests that are no members."""
    aliases: frozenset[str] = frozenset()
    """The subcommands that the workspace's cargo configuration gives another meaning."""
    toolchain: str = "stable"
    """The one that the sessions run on unless they are told otherwise."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What the table gives a session on GitHub."""

    def member(self, folder: PurePosixPath | None) -> Member | None:
        """The member whose folder, or a folder of it, this is."""
        for each in (folder, *folder.parents) if folder is not None else ():
            if each in self.others:
                return None
            for member in self.members:
                if member.folder == each:
                    return member
        return None

    def is_ours(self, folder: PurePosixPath | None) -> bool:
        """Whether cargo, called in a folder, has the workspace of the sessions."""
        return folder is not None and (
            folder == self.workspace
            or self.member(folder) is not None
            or (
                folder.is_relative_to(self.workspace)
                and not any(folder.is_relative_to(other) for other in self.others)
            )
        )


def read_project(root: Path, workspace: Path, environment: Mapping[str, str]) -> Project:
    """Look at the manifests of a workspace; what cannot be read counts as empty."""
    root, workspace = root.resolve(), workspace.resolve()
    members, others = [], set()
    for folder in _folders_with_manifest(root):
        place = PurePosixPath(folder.relative_to(root).as_posix())
        manifest = read_tables(folder / "Cargo.toml")
        if find_workspace_root(folder) != workspace:
            others.add(place)
        elif isinstance(package := manifest.get("package"), dict):
            members.append(_member(folder, place, str(package.get("name", "")), manifest))
    aliases: set[str] = set()
    for _, document in cargo_configurations(workspace, environment):
        table = document.get("alias")
        aliases |= set(table) if isinstance(table, dict) else set()
    chosen = toolchain_file(workspace, last=root)
    inside = workspace.relative_to(root) if workspace.is_relative_to(root) else Path()
    return Project(
        workspace=PurePosixPath(inside.as_posix()),
        members=tuple(members),
        others=frozenset(others),
        aliases=frozenset(aliases),
        toolchain=(chosen.channel if chosen is not None else "") or "stable",
        environment=environment,
    )


def _member(folder: Path, place: PurePosixPath, name: str, manifest: Mapping[str, Any]) -> Member:
    table = manifest.get("features")
    features = {
        key: tuple(map(str, value)) if isinstance(value, list) else ()
        for key, value in (table if isinstance(table, dict) else {}).items()
    }
    named = {name for names in features.values() for name in names}
    for dependency, details in _dependencies(manifest):
        optional = isinstance(details, dict) and details.get("optional") is True
        if optional and f"dep:{dependency}" not in named:
            features.setdefault(dependency, ())
    return Member(
        name=name,
        folder=place,
        features=features,
        has_benches="bench" in manifest or (folder / "benches").is_dir(),
        has_examples="example" in manifest or (folder / "examples").is_dir(),
    )


def _dependencies(manifest: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    targets = manifest.get("target")
    tables = [manifest, *(targets.values() if isinstance(targets, dict) else ())]
    for table in tables:
        for kind in ("dependencies", "build-dependencies"):
            rows = table.get(kind) if isinstance(table, dict) else None
            yield from rows.items() if isinstance(rows, dict) else ()


def _folders_with_manifest(top: Path) -> Iterator[Path]:
    for name, folders, files in os.walk(top):
        if "Cargo.toml" in files:
            yield Path(name)
        folders[:] = sorted(
            each for each in folders if each not in _LEFT_OUT and not each.startswith(".")
        )
