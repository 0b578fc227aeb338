"""Packages in the folder of a workspace that are no members: no session runs their tests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tasker_ci.rust.documentation import is_rust
from tasker_ci.rust.reach import reach_of
from tasker_ci.rust.workspace import Package, Target, Workspace
from tasker_ci.sessions.inventory.finding import InventoryFinding, Kind
from tasker_ci.sessions.inventory.targets import relative

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.rust.declarations import SourceFile
    from tasker_ci.rust.files import Tree
    from tasker_ci.rust.sources import Sources


@dataclass(frozen=True)
class Strangers:
    """The packages of ``tree`` that the workspace does not have."""

    workspace: Workspace
    tree: Tree
    sources: Sources

    @cached_property
    def folders(self) -> frozenset[Path]:
        """The folders of all packages that are no members."""
        members = {package.manifest.parent for package in self.workspace.packages}
        return frozenset(
            folder
            for folder, manifest in self.tree.manifests.items()
            if folder not in members and isinstance(manifest.get("package"), dict)
        )

    def findings(
        self,
        files_of: Mapping[Path, list[tuple[Path, SourceFile]]],
        is_data: Callable[[Path], bool],
    ) -> Iterator[InventoryFinding]:
        """Each such package with its tests and doctests; ``files_of`` has its files by folder."""
        root = self.tree.manifests.get(self.workspace.root, {})
        excluded = root.get("workspace", {}).get("exclude", [])
        for folder in sorted(self.folders):
            manifest = self.tree.manifests[folder]
            place = relative(folder / "Cargo.toml", self.workspace)
            own = "workspace" in manifest
            left_out = any(folder.is_relative_to(self.workspace.root / each) for each in excluded)
            files = [(file, source) for file, source in files_of.get(folder, []) if source.tests]
            meant = own or left_out or self._is_part_of_a_member(folder)
            data = is_data(folder / "Cargo.toml")
            examples = {} if data else _examples(folder, manifest, self.sources)
            if not files and (data or (meant and not examples)):
                continue
            why = "it is no member of the workspace"
            if own:
                why = "it is a workspace of its own"
            elif left_out:
                why = "`workspace.exclude` names it"
            name = str(manifest["package"].get("name", ""))
            yield InventoryFinding(kind=Kind.PACKAGE, file=place, package=name, reason=why)
            for file, line in examples.items():
                yield InventoryFinding(
                    kind=Kind.DOCTEST,
                    file=relative(file, self.workspace),
                    line=line,
                    package=name,
                    reason=f"no session runs its package ({place}): {why}",
                )
            for file, source in files:
                yield InventoryFinding(
                    kind=Kind.FILE,
                    file=relative(file, self.workspace),
                    line=source.tests[0].line,
                    package=name,
                    reason=f"no session runs its package ({place}): {why}",
                    names=tuple(test.name for test in source.tests),
                )

    def _is_part_of_a_member(self, folder: Path) -> bool:
        """Whether a package without tests lies within a member, which has it for its own ends."""
        members = {package.manifest.parent for package in self.workspace.packages}
        return not members.isdisjoint({*folder.parents} - {self.workspace.root})


def _examples(folder: Path, manifest: Mapping[str, Any], sources: Sources) -> dict[Path, int]:
    """The files of a stranger's library with doctests, each with the line of the first."""
    table = manifest.get("lib")
    library = table if isinstance(table, dict) else {}
    if library.get("doctest") is False:
        return {}
    target = Target(
        name="lib",
        kind="lib",
        source=folder / str(library.get("path", "src/lib.rs")),
        tested=True,
        doctested=True,
        required_features=(),
    )
    package = Package(name="", version="", manifest=folder / "Cargo.toml", targets=(target,))
    alone = Workspace(root=folder, target_directory=folder / "target", packages=(package,))
    found = {
        file: [each.line for each in source.examples if is_rust(each.code)]
        for file, source in reach_of(alone, sources).sources.items()
    }
    return {file: lines[0] for file, lines in found.items() if lines}
