"""All workspaces of a checkout, by the rules of cargo and without it.

https://doc.rust-lang.org/cargo/reference/workspaces.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.rust.cargo_configuration import part
from tasker_ci.rust.manifests.listing import Files, ManifestListing, plain
from tasker_ci.rust.manifests.requirements import features_of, requirements_of
from tasker_ci.rust.manifests.targets import PackageFolder, targets_of
from tasker_ci.rust.workspace import Dependency, Package, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MOST = 5000
"""So many manifests are read; the rest of a checkout that has more is left out."""


def find_workspaces(files: Files) -> tuple[Workspace, ...]:
    """Every workspace of a checkout, and every package that stands alone; the outer ones first.

    A package that lies within a workspace without being its member or excluded by it is left out:
    cargo refuses to build it.
    """
    reader = _Reader(listing=ManifestListing(files=files))
    folders = [*reader.listing.manifest_folders()][:_MOST]
    roots = [each for each in folders if "workspace" in (reader.listing.manifest(each) or {})]
    found = [reader.workspace(root) for root in roots]
    taken = {package.manifest.parent for each in found if each for package in each.packages}
    for folder in folders:
        alone = folder not in roots and files.root / folder not in taken
        if alone and reader.root_of(folder, roots) is None:
            found.append(reader.alone(folder))
    whole = [each for each in found if each is not None]
    return tuple(sorted(whole, key=lambda each: (len(each.root.parts), each.root)))


@dataclass(kw_only=True)
class _Reader:
    listing: ManifestListing
    _packages: dict[tuple[PurePosixPath, PurePosixPath], Package | None] = field(
        default_factory=dict
    )

    @property
    def top(self) -> Path:
        return self.listing.files.root

    def alone(self, folder: PurePosixPath) -> Workspace | None:
        """A package that is a workspace of its own."""
        package = self.package(folder, folder)
        return self._made(folder, [package], [package.name]) if package else None

    def workspace(self, root: PurePosixPath) -> Workspace | None:
        """A workspace by its root."""
        table = part(self.listing.manifest(root) or {}, "workspace")
        given = _texts(table.get("members"))
        members: dict[PurePosixPath, Package] = {}
        waiting = [folder for pattern in given for folder in self.listing.matching(root, pattern)]
        waiting.append(root)
        while waiting:
            folder = waiting.pop(0)
            if folder in members or self._is_excluded(folder, root):
                continue
            package = self.package(folder, root)
            if package is None:
                continue
            members[folder] = package
            waiting += self._beside(package, root)
        own = members.get(root)
        default = self._default_members(root, table, members)
        if default is None and own is not None:
            default = [own.name]
        names = [each.name for each in members.values()]
        return self._made(root, [*members.values()], names if default is None else default)

    def _made(
        self, root: PurePosixPath, packages: Sequence[Package], default: Sequence[str]
    ) -> Workspace:
        return Workspace(
            root=self.top / root,
            target_directory=self.top / root / "target",
            packages=tuple(sorted(packages, key=lambda each: each.name)),
            default_members=tuple(default),
        )

    def _default_members(
        self,
        root: PurePosixPath,
        table: Mapping[str, Any],
        members: Mapping[PurePosixPath, Package],
    ) -> list[str] | None:
        given = table.get("default-members")
        if not isinstance(given, list):
            return None
        found = [folder for each in _texts(given) for folder in self.listing.matching(root, each)]
        return [members[folder].name for folder in dict.fromkeys(found) if folder in members]

    def _beside(self, package: Package, root: PurePosixPath) -> Iterator[PurePosixPath]:
        """The packages in folders of the workspace that one depends on: members, too."""
        for requirement in package.requirements:
            if requirement.path is not None and requirement.path.is_relative_to(self.top):
                folder = PurePosixPath(requirement.path.relative_to(self.top).as_posix())
                named = part(self.listing.manifest(folder) or {}, "package").get("workspace")
                theirs = plain(folder / named) if isinstance(named, str) else None
                if folder.is_relative_to(root) or theirs == root:
                    yield folder

    def _is_excluded(self, folder: PurePosixPath, root: PurePosixPath) -> bool:
        table = part(self.listing.manifest(root) or {}, "workspace")

        def holds(key: str) -> bool:
            return any(folder.is_relative_to(root / each) for each in _texts(table.get(key)))

        return holds("exclude") and not holds("members")

    def root_of(
        self, folder: PurePosixPath, roots: Sequence[PurePosixPath]
    ) -> PurePosixPath | None:
        """The workspace that a package belongs to; None for one of its own."""
        named = part(self.listing.manifest(folder) or {}, "package").get("workspace")
        if isinstance(named, str):
            return plain(folder / named)
        for outer in folder.parents:
            if outer in roots and not self._is_excluded(folder, outer):
                return outer
        return None

    def package(self, folder: PurePosixPath, root: PurePosixPath) -> Package | None:
        """A package, with what it takes from its workspace; None where there is none."""
        key = (folder, root)
        if key not in self._packages:
            self._packages[key] = self._read(folder, root)
        return self._packages[key]

    def _read(self, folder: PurePosixPath, root: PurePosixPath) -> Package | None:
        manifest = self.listing.manifest(folder) or {}
        table = part(manifest, "package") or part(manifest, "project")
        name = table.get("name")
        if not isinstance(name, str):
            return None
        workspace = part(self.listing.manifest(root) or {}, "workspace")
        shared = part(workspace, "package")

        def value(key: str, default: str | None) -> str | None:
            given = table.get(key)
            if isinstance(given, dict) and given.get("workspace") is True:
                given = shared.get(key)
            return given if isinstance(given, str) else default

        edition = value("edition", "2015") or "2015"
        requirements = tuple(
            requirements_of(
                manifest,
                self.top / folder,
                part(workspace, "dependencies"),
                self.top / root,
                edition=edition,
            )
        )
        place = PackageFolder(
            folder=folder, name=name, edition=edition, manifest=manifest, listing=self.listing
        )
        return Package(
            name=name,
            version=value("version", "0.0.0") or "0.0.0",
            manifest=self.top / folder / "Cargo.toml",
            targets=tuple(targets_of(place)),
            rust_version=value("rust-version", None),
            features=features_of(manifest, requirements),
            dependencies=tuple(
                Dependency(name=each.name, path=each.path, kind=each.kind)
                for each in requirements
                if each.path is not None
            ),
            requirements=requirements,
            edition=edition,
        )


def _texts(value: object) -> list[str]:
    found = [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
    return [each for each in found if "\0" not in each]
