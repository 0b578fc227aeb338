"""The Rust workspace: where it lies, and what `cargo metadata` says is in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import WorkspaceError
from tasker_ci.rust.cargo_configuration import output_root, part
from tasker_ci.settings.file import settings_folder
from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

LIBRARY_KINDS = frozenset({"lib", "rlib", "dylib", "cdylib", "staticlib", "proc-macro"})
_DOCTEST_KINDS = frozenset({"lib", "rlib", "proc-macro"})


@dataclass(frozen=True, kw_only=True)
class Target:
    """One thing that cargo builds: a library, a binary, a test."""

    name: str
    kind: str
    source: Path
    tested: bool
    doctested: bool
    required_features: tuple[str, ...]
    benched: bool = field(default=True, compare=False)
    """Whether `cargo bench` builds it, as its manifest says; `cargo metadata` does not tell."""


@dataclass(frozen=True, kw_only=True)
class Dependency:
    """What a package names in its manifest as a folder of this machine."""

    name: str
    path: Path
    kind: str
    """``normal``, ``build`` or ``dev``."""


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """What a package names in its manifest, wherever that comes from."""

    name: str
    kind: str = "normal"
    """``normal``, ``build`` or ``dev``."""
    rename: str | None = None
    path: Path | None = None
    """Its folder, where the manifest gives one."""
    from_registry: bool = True
    """Whether it comes from a registry, in place of a folder or a git repository."""
    optional: bool = False
    features: tuple[str, ...] = ()
    default_features: bool = True
    target: str | None = None
    """The ``cfg(…)`` or the triple that it is for."""

    @property
    def key(self) -> str:
        """Its name in the manifest, which features use."""
        return self.rename or self.name


@dataclass(frozen=True, kw_only=True)
class Package:
    """One member of the workspace."""

    name: str
    version: str
    manifest: Path
    targets: tuple[Target, ...]
    rust_version: str | None = None
    """The oldest Rust that it says it compiles with."""
    features: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Every feature with those that it switches on."""
    dependencies: tuple[Dependency, ...] = ()
    """Those that lie in folders, optional ones too."""
    requirements: tuple[Requirement, ...] = ()
    """All that it depends on."""
    edition: str = "2015"

    def binary_id(self, target: Target) -> str:
        """The id that nextest gives the target's test binary.

        https://nexte.st/docs/glossary/#binary-id
        """
        if target.kind == "test":
            return f"{self.name}::{target.name}"
        if target.kind in {"lib", "proc-macro"}:
            return self.name
        return f"{self.name}::{target.kind}/{target.name}"


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """What `cargo metadata --no-deps` says."""

    root: Path
    target_directory: Path
    packages: tuple[Package, ...]
    default_members: tuple[str, ...] | None = None
    """The members that cargo takes in the root without further flags; None for all."""

    def tested(self) -> Iterator[tuple[Package, Target]]:
        """Every target that `cargo test --workspace` would make a test binary of."""
        for package in self.packages:
            for target in package.targets:
                if target.tested:
                    yield package, target

    def within(self, file: Path) -> Path:
        """The folder that ``file`` may not leave: the workspace, or a target directory outside."""
        built = file.is_relative_to(self.target_directory)
        return self.output_root if built or not file.is_relative_to(self.root) else self.root

    @property
    def output_root(self) -> Path:
        """The folder that nothing written into the target directory may leave."""
        return output_root(self.root, self.target_directory)

    @property
    def has_doctests(self) -> bool:
        """Whether any package has a library whose documentation can be tested."""
        return any(target.doctested for package in self.packages for target in package.targets)


def read_metadata(text: str) -> Workspace:
    """Read the output of ``cargo metadata --no-deps --format-version 1``.

    Raises `WorkspaceError` if it is not that.
    """
    try:
        document = json.loads(text)
        names = {each["id"]: each["name"] for each in document["packages"] if "id" in each}
        default = document.get("workspace_default_members")
        return Workspace(
            root=Path(document["workspace_root"]),
            target_directory=Path(document["target_directory"]),
            packages=tuple(_package(package) for package in document["packages"]),
            default_members=None
            if default is None
            else tuple(names[each] for each in default if each in names),
        )
    except (ValueError, KeyError, TypeError) as error:
        message = f"`cargo metadata` printed something that cannot be read ({error!r})."
        step = "Run `cargo metadata --no-deps --format-version 1` and look at it."
        raise WorkspaceError(message, next_step=step) from error


def _package(document: Mapping[str, Any]) -> Package:
    return Package(
        name=document["name"],
        version=document["version"],
        manifest=Path(document["manifest_path"]),
        targets=tuple(_target(target) for target in document["targets"]),
        rust_version=document.get("rust_version") or None,
        features=document.get("features", {}),
        dependencies=tuple(
            Dependency(
                name=each["name"], path=Path(each["path"]), kind=each.get("kind") or "normal"
            )
            for each in document.get("dependencies", ())
            if each.get("path")
        ),
        requirements=tuple(_requirement(each) for each in document.get("dependencies", ())),
        edition=document.get("edition", "2015"),
    )


def _requirement(document: Mapping[str, Any]) -> Requirement:
    path = document.get("path")
    return Requirement(
        name=document["name"],
        kind=document.get("kind") or "normal",
        rename=document.get("rename"),
        path=Path(path) if path else None,
        from_registry=str(document.get("source")).startswith("registry+"),
        optional=bool(document.get("optional")),
        features=tuple(document.get("features", ())),
        default_features=document.get("uses_default_features", True),
        target=document.get("target"),
    )


def _target(document: Mapping[str, Any]) -> Target:
    kinds = document["kind"]
    kind = next((kind for kind in kinds if kind in LIBRARY_KINDS), kinds[0])
    return Target(
        name=document["name"],
        kind="lib" if kind in LIBRARY_KINDS - {"proc-macro"} else kind,
        source=Path(document["src_path"]),
        tested=document["test"],
        doctested=document["doctest"] and has_documentation_tests(kinds),
        required_features=tuple(document.get("required-features", ())),
    )


def has_documentation_tests(kinds: Iterable[str]) -> bool:
    """Whether rustdoc can test the examples of a library of these kinds."""
    return not _DOCTEST_KINDS.isdisjoint(kinds)


def find_project_root(start: Path, home: Path | None = None) -> Path:
    """Return the project root for a command that runs in ``start``.

    It is the nearest folder with settings (`settings_folder`); else the root of the cargo
    workspace around ``start``; else ``start`` itself.
    """
    return settings_folder(start, home) or find_workspace_root(start) or start


def find_workspace_root(start: Path) -> Path | None:
    """Return the root of the cargo workspace around ``start``, None if there is no manifest.

    Read from the manifests by cargo's rules, without asking it: the nearest package, unless it
    names its workspace or an outer manifest with ``[workspace]`` does not exclude it
    (https://doc.rust-lang.org/cargo/reference/workspaces.html).
    """
    folders = [folder for folder in (start, *start.parents) if (folder / "Cargo.toml").is_file()]
    if not folders:
        return None
    nearest, *outer = folders
    manifest = read_tables(nearest / "Cargo.toml")
    if "workspace" in manifest:
        return nearest
    named = part(manifest, "package").get("workspace")
    if isinstance(named, str):
        return (nearest / named).resolve()
    for folder in outer:
        workspace = read_tables(folder / "Cargo.toml").get("workspace")
        if isinstance(workspace, dict) and not _excludes(workspace, folder, nearest):
            return folder
    return nearest


def _excludes(workspace: Mapping[str, Any], root: Path, package: Path) -> bool:
    """Whether a workspace leaves a package out: patterns do not count, a member never is out."""

    def holds(key: str) -> bool:
        return any(package.is_relative_to(root / entry) for entry in workspace.get(key, ()))

    return holds("exclude") and not holds("members")
