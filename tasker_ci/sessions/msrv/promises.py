"""Which packages promise to compile with which Rust, and where they say so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.rust.manifests.members import member_manifests
from tasker_ci.rust.workspace import find_workspace_root
from tasker_ci.text.file_reading import read_text
from tasker_ci.tools.rust_programs import version_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tasker_ci.rust.workspace import Package

_OWN = re.compile(r"""(?m)^[ \t]*rust-version[ \t]*=[ \t]*["']""")


@dataclass(frozen=True, kw_only=True)
class Promise:
    """The packages of a workspace that name one version of Rust."""

    version: str
    """Three numbers: ``1.70.0``, as it is installed."""
    packages: tuple[Package, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the packages."""
        return tuple(package.name for package in self.packages)


def promises_of(packages: Iterable[Package], asked: Sequence[str] = ()) -> tuple[Promise, ...]:
    """The promises of the packages, the oldest Rust first; ``asked`` names those looked at."""
    groups: dict[str, list[Package]] = {}
    for package in packages:
        if package.rust_version and (not asked or package.name in asked):
            groups.setdefault(whole_version(package.rust_version), []).append(package)
    return tuple(
        Promise(version=version, packages=tuple(groups[version]))
        for version in sorted(groups, key=version_numbers)
    )


def whole_version(text: str) -> str:
    """A `rust-version` as three numbers: ``1.70`` is 1.70.0."""
    return ".".join(map(str, version_numbers(text)))


def promises_anything(workspace: Path) -> bool:
    """Whether any package of a workspace has a `rust-version`, its own or the workspace's."""
    return bool(declared_versions(workspace))


def declared_versions(workspace: Path) -> tuple[str, ...]:
    """The versions that packages of a workspace name, the oldest first, from files alone."""
    members = member_manifests(find_workspace_root(workspace) or workspace)
    found = {whole_version(each.rust_version) for each in members if each.rust_version}
    return tuple(sorted(found, key=version_numbers))


def declaration_of(package: Package, root: Path) -> tuple[Path, int]:
    """The manifest and the line that say which Rust a package needs; 0 where it is not found."""
    for file in (package.manifest, root / "Cargo.toml"):
        try:
            text = read_text(file)
        except (OSError, UnicodeDecodeError):
            continue
        if found := _OWN.search(text):
            return file, text.count("\n", 0, found.start()) + 1
    return package.manifest, 0
