"""The Rust files and manifests of a workspace, as its repository holds them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.process.git import GitFailed, SafeGit
from tasker_ci.rust.reach import normal
from tasker_ci.text.git_names import QUOTED, git_names
from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.process.command import Runner
    from tasker_ci.rust.workspace import Workspace

_PASSED_OVER = {"target", "node_modules"}
_VENDORED = ".cargo-checksum.json"
"""What `cargo vendor` puts beside the manifest of every crate that it copies."""


@dataclass(frozen=True, kw_only=True)
class Tree:
    """What lies in and below a workspace's packages."""

    root: Path
    sources: tuple[Path, ...]
    manifests: Mapping[Path, Mapping[str, Any]]
    """Every ``Cargo.toml`` by its folder, vendored crates left out."""

    def owner(self, file: Path) -> Path | None:
        """The folder of the nearest manifest above a file; None if there is none."""
        return next((folder for folder in file.parents if folder in self.manifests), None)


def read_tree(workspace: Workspace, runner: Runner, environment: Mapping[str, str]) -> Tree:
    """List what git knows or would add; where there is no git, what lies in the folders."""
    roots = [workspace.root]
    for package in workspace.packages:
        folder = package.manifest.parent
        if not any(folder.is_relative_to(root) for root in roots):
            roots.append(folder)
    sources: list[Path] = []
    real = cache(Path.resolve)  # of folders, each of which holds many files
    manifests: dict[Path, Mapping[str, Any]] = {}
    for root in roots:
        files = _in_git(root, runner, environment) or [*_in_folder(root)]
        for file in files:
            if file.suffix == ".rs":
                sources.append(
                    file.resolve() if file.is_symlink() else real(file.parent) / file.name
                )
            elif file.name == "Cargo.toml":
                manifests[file.parent] = read_tables(file)
    vendored = {folder for folder in manifests if (folder / _VENDORED).exists()}
    kept = (file for file in sources if not vendored or vendored.isdisjoint(file.parents))
    return Tree(
        root=workspace.root,
        sources=tuple(sorted(dict.fromkeys(kept))),
        manifests={
            folder: manifest for folder, manifest in manifests.items() if folder not in vendored
        },
    )


def _in_git(root: Path, runner: Runner, environment: Mapping[str, str]) -> list[Path]:
    """Tracked files and new ones that are not ignored; nothing if git cannot say."""
    git = SafeGit(folder=root, runner=runner, environment=environment)
    try:
        answer = git.ask(
            *QUOTED, "ls-files", "--cached", "--others", "--exclude-standard", "--",
            "*.rs", "Cargo.toml", "**/Cargo.toml",
        )  # fmt: skip
    except GitFailed:
        return []
    files = [normal(root / name) for name in git_names(answer)]
    files = [file for file in files if file.is_file()]
    return files if root / "Cargo.toml" in files else []


def _in_folder(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in _PASSED_OVER
            and not (Path(folder) / name / "CACHEDIR.TAG").exists()
        )
        for name in names:
            if name.endswith(".rs") or name == "Cargo.toml":
                yield Path(folder) / name
