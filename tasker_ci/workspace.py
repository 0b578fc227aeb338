"""The Rust workspace: where it lies, and what `cargo metadata` says is in it."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import WorkspaceError
from tasker_ci.settings.load import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LIBRARY_KINDS = frozenset({"lib", "rlib", "dylib", "cdylib", "staticlib", "proc-macro"})
_DOCTEST_KINDS = frozenset({"lib", "rlib", "dylib", "proc-macro"})


@dataclass(frozen=True, kw_only=True)
class Target:
    """One thing that cargo builds: a library, a binary, a test."""

    name: str
    kind: str
    source: Path
    tested: bool
    doctested: bool
    required_features: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Package:
    """One member of the workspace."""

    name: str
    version: str
    manifest: Path
    targets: tuple[Target, ...]
    rust_version: str
    default_features: frozenset[str]

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

    def tested(self) -> Iterator[tuple[Package, Target]]:
        """Every target that `cargo test --workspace` would make a test binary of."""
        for package in self.packages:
            for target in package.targets:
                if target.tested:
                    yield package, target

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
        return Workspace(
            root=Path(document["workspace_root"]),
            target_directory=Path(document["target_directory"]),
            packages=tuple(_package(package) for package in document["packages"]),
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
        rust_version=document.get("rust_version") or "",
        default_features=_enabled_by_default(document.get("features", {})),
    )


def _target(document: Mapping[str, Any]) -> Target:
    kinds = document["kind"]
    kind = next((kind for kind in kinds if kind in LIBRARY_KINDS), kinds[0])
    return Target(
        name=document["name"],
        kind="lib" if kind in LIBRARY_KINDS - {"proc-macro"} else kind,
        source=Path(document["src_path"]),
        tested=document["test"],
        doctested=document["doctest"] and bool(_DOCTEST_KINDS & set(kinds)),
        required_features=tuple(document.get("required-features", ())),
    )


def _enabled_by_default(features: Mapping[str, list[str]]) -> frozenset[str]:
    enabled: set[str] = set()
    waiting = ["default"]
    while waiting:
        feature = waiting.pop()
        if feature in features and feature not in enabled:
            enabled.add(feature)
            waiting += features[feature]
    return frozenset(enabled - {"default"})


def find_project_root(start: Path) -> Path:
    """Return the project root for a command that runs in ``start``.

    It is the nearest folder with ``.config/tasker-ci.toml``, not looking past a repository's top;
    else the root of the cargo workspace around ``start``; else ``start`` itself.
    """
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
        if (folder / ".git").exists():
            break
    return find_workspace_root(start) or start


def find_workspace_root(start: Path) -> Path | None:
    """Return the root of the cargo workspace around ``start`` from its manifests, None if there is none.

    Cargo's rule: the nearest manifest, or an outer one with ``[workspace]`` that does not exclude it
    (https://doc.rust-lang.org/cargo/reference/workspaces.html).
    """
    folders = [folder for folder in (start, *start.parents) if (folder / "Cargo.toml").is_file()]
    if not folders:
        return None
    nearest = folders[0]
    for folder in folders:
        table = _workspace_table(folder)
        if table is None:
            continue
        excluded = any(
            fnmatch(str(nearest), str(folder / pattern))
            or (folder / pattern) in (nearest, *nearest.parents)
            for pattern in table.get("exclude", ())
        )
        if not excluded:
            return folder
    return nearest


def _workspace_table(folder: Path) -> Mapping[str, Any] | None:
    try:
        manifest = tomllib.loads((folder / "Cargo.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    table = manifest.get("workspace")
    return table if isinstance(table, dict) else None


def target_directory(workspace: Path, environment: Mapping[str, str]) -> Path:
    """Where cargo builds, without asking it: the variable, cargo's configuration, or ``target``.

    https://doc.rust-lang.org/cargo/reference/config.html#buildtarget-dir
    """
    for name in ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"):
        if environment.get(name):
            return workspace / environment[name]
    home = Path(environment.get("CARGO_HOME") or Path.home() / ".cargo")
    for folder in (*(parent / ".cargo" for parent in (workspace, *workspace.parents)), home):
        for name in ("config", "config.toml"):
            try:
                document = tomllib.loads((folder / name).read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
                continue
            setting = document.get("build", {}).get("target-dir")
            if isinstance(setting, str):
                return (folder.parent / setting) if folder != home else home.parent / setting
    return workspace / "target"
