"""Files with tests that no target of a workspace reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.rust.data_files import ByEnd, has_expectation, in_data_folder, mentions
from tasker_ci.rust.documentation import is_rust
from tasker_ci.sessions.inventory.finding import InventoryFinding, Kind
from tasker_ci.sessions.inventory.targets import relative

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from tasker_ci.rust.declarations import SourceFile
    from tasker_ci.rust.files import Tree
    from tasker_ci.rust.reach import Reach
    from tasker_ci.rust.sources import Sources
    from tasker_ci.rust.workspace import Workspace


@dataclass(kw_only=True)
class Unreached:
    """The search for them in one workspace."""

    workspace: Workspace
    tree: Tree
    reach: Reach
    sources: Sources
    strangers: Collection[Path]
    """The folders of packages that are no members."""
    _mentions: ByEnd | None = None

    def files(self) -> Iterator[tuple[Path, SourceFile]]:
        """Every file with tests, benchmarks or examples that nothing reaches; no data."""
        for file in self.tree.sources:
            if file not in self.reach.arrivals and (source := self.source(file)) is not None:
                yield file, source

    def source(self, file: Path) -> SourceFile | None:
        """What such a file declares; None for one without tests, and for data."""
        source = self.read(file)
        if source is None or not (source.tests or source.benchmarks or source.examples):
            return None
        return None if self.is_data(file) else source

    def of_members(self) -> Iterator[InventoryFinding]:
        """The findings within packages of the workspace."""
        for file, source in self.files():
            if self.tree.owner(file) not in self.strangers and is_lost(source):
                yield self.finding(file, source)

    def read(self, file: Path) -> SourceFile | None:
        try:
            return self.sources.source(file)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.reach.unfit[file] = error.strerror or str(error)
            return None

    def is_data(self, file: Path) -> bool:
        if file in self.reach.texts or has_expectation(file):
            return True
        members = [package.manifest.parent for package in self.workspace.packages]
        around = [folder for folder in file.parents if folder in members] or [self.workspace.root]
        inside = file.relative_to(around[0])
        if in_data_folder(inside):
            return True
        if inside.parts[0] == "tests" and self.tree.owner(file) in self.strangers:
            return True  # a package that a test builds
        if self._mentions is None:
            self._mentions = ByEnd(mentions(self.reach, self.sources))
        return self._mentions.mean(file)

    def finding(self, file: Path, source: SourceFile) -> InventoryFinding:
        functions = source.tests or source.benchmarks
        first = min([*(f.line for f in functions), *(e.line for e in source.examples)])
        kind = Kind.BENCHMARK if source.benchmarks else Kind.DOCTEST
        return InventoryFinding(
            kind=Kind.FILE if source.tests else kind,
            file=relative(file, self.workspace),
            line=first,
            package=self._package_name(file),
            reason=self._why(file),
            names=tuple(each.name for each in functions),
        )

    def _package_name(self, file: Path) -> str:
        folder = self.tree.owner(file)
        return next(
            (each.name for each in self.workspace.packages if each.manifest.parent == folder), ""
        )

    def _why(self, file: Path) -> str:
        folder = self.tree.owner(file)
        manifest = self.tree.manifests.get(folder, {}) if folder else {}
        if "package" not in manifest:
            return "it belongs to no package: the manifest above it is a workspace alone"
        inside = file.relative_to(folder).parts if folder else file.parts
        kinds = {"tests": "test", "benches": "bench", "examples": "example"}
        kind = kinds.get(inside[0], "")
        package = manifest["package"]
        if kind and len(inside) <= 2 and isinstance(package, dict):  # noqa: PLR2004
            switch = f"auto{inside[0]}"
            if package.get(switch) is False:
                return f"`{switch} = false`, and no [[{kind}]] of the manifest names it"
        if kind:
            return (
                f"cargo makes targets of {inside[0]}/*.rs and {inside[0]}/*/main.rs alone, and no "
                "`mod`, `#[path]` or `include!` of one reaches it"
            )
        return "no `mod`, `#[path]` or `include!` that any target reaches names it"


def is_lost(source: SourceFile) -> bool:
    """Whether something of a file that nothing reaches would be run if it were reached."""
    return bool(source.tests or source.benchmarks) or any(
        is_rust(each.code) for each in source.examples
    )
