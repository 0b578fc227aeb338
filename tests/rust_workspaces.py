"""Workspaces as `cargo metadata` would describe them, for tests that need no cargo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.rust.entries import read_file
from tasker_ci.rust.workspace import Dependency, Package, Target, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tasker_ci.rust.declarations import SourceFile


def target(source: Path, kind: str = "lib", name: str = "", **more: object) -> Target:
    """One target; tested and documented as cargo would have it by default."""
    values: dict[str, object] = {
        "name": name or source.stem,
        "kind": kind,
        "source": source,
        "tested": kind in {"lib", "bin", "test", "proc-macro"},
        "doctested": kind in {"lib", "proc-macro"},
        "required_features": (),
        **more,
    }
    return Target(**values)  # type: ignore[arg-type]


def package(
    folder: Path, *targets: Target, needs: Mapping[str, str] | None = None, name: str = ""
) -> Package:
    """One member named like its folder; ``needs`` are members beside it and the kind of need."""
    return Package(
        name=name or folder.name,
        version="0.1.0",
        manifest=folder / "Cargo.toml",
        targets=targets or (target(folder / "src" / "lib.rs", name=folder.name),),
        dependencies=tuple(
            Dependency(name=other, path=folder.parent / other, kind=kind)
            for other, kind in (needs or {}).items()
        ),
    )


def workspace(root: Path, *packages: Package) -> Workspace:
    """The whole workspace."""
    return Workspace(root=root, target_directory=root / "target", packages=packages)


def read_source(content: bytes, test_attributes: Iterable[str] = ()) -> SourceFile:
    """What a file with this content declares."""
    return read_file(content, test_attributes)[0]
