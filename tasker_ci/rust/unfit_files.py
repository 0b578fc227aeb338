"""Files that no tool may be given to read: pipes, devices, far too large ones."""

from __future__ import annotations

import os
import stat
from glob import escape, iglob
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import WorkspaceError
from tasker_ci.rust.cargo_configuration import part
from tasker_ci.text.file_reading import MEBIBYTE, RECORD_BYTES, SOURCE_BYTES
from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

_READ_BY_TOOLS = (
    *("Cargo.toml", "Cargo.lock", "rust-toolchain", "rust-toolchain.toml", ".cargo/audit.toml"),
    *(".cargo/config", ".cargo/config.toml", "clippy.toml", ".clippy.toml", "rustfmt.toml"),
    *(".rustfmt.toml", ".config/nextest.toml", ".gitignore", ".gitattributes", ".gitmodules"),
    *(".git", ".git/HEAD", ".git/commondir", ".git/config", ".git/info/attributes"),
    *(".git/info/exclude", ".git/objects/info/alternates", ".git/packed-refs", ".git/shallow"),
)
_READ_OF_A_PACKAGE = ("Cargo.toml", "clippy.toml", ".clippy.toml", ".gitignore", ".gitattributes")
_READ_WHATEVER_ITS_SIZE = ".git/index"
"""It grows with the number of files."""

_ALL_OF_IT = "cargo, its tools or git would read all of it"
_FOLDERS_OF_SOURCES = ("benches", "examples", "src", "tests")

_DEPENDENCIES = ("dependencies", "dev-dependencies", "build-dependencies")


def check_regular_files(workspace: Path) -> None:
    """Raise `WorkspaceError` if what cargo, its tools and git read there is unfit to be read.

    They would wait for a pipe for ever, and read a device until memory ends.
    """
    for name in _READ_BY_TOOLS:
        _check_regular_file(workspace / name, RECORD_BYTES)
    _check_regular_file(workspace / _READ_WHATEVER_ITS_SIZE)
    for folder in _named_folders(workspace):
        for name in _READ_OF_A_PACKAGE:
            _check_regular_file(folder / name, RECORD_BYTES)


def check_sources(workspace: Path) -> None:
    """Raise `WorkspaceError` if a source is unfit for the compiler.

    That is one where cargo looks for them, or one that a manifest names, with those beside it.
    """
    for package in dict.fromkeys((workspace, *_named_folders(workspace))):
        trees = [os.walk(package / name) for name in _FOLDERS_OF_SOURCES]
        for source in _named_sources(package):
            _check_regular_file(source, SOURCE_BYTES)
            beside = os.walk(os.path.normpath(source.parent))
            deep = source.parent != package and source.parent.is_relative_to(package)
            trees.append(beside if deep else islice(beside, 1))
        for folder, _, names in chain(islice(os.walk(package), 1), *trees):
            for name in names:
                if name.endswith((".rs", "rustfmt.toml")):
                    _check_regular_file(f"{folder}/{name}", SOURCE_BYTES)


def _named_sources(package: Path) -> Iterator[Path]:
    """The sources that a package's manifest names, wherever they lie."""
    manifest = read_tables(package / "Cargo.toml")
    build = part(manifest, "package").get("build")
    if isinstance(build, str):
        yield package / build
    tables = [part(manifest, "lib")]
    for kind in ("bench", "bin", "example", "test"):
        rows = manifest.get(kind)
        tables += [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    paths = (table.get("path") for table in tables)
    yield from (package / path for path in paths if isinstance(path, str) and "\0" not in path)


def _check_regular_file(file: Path | str, most: int | None = None) -> None:
    try:
        status = os.stat(file)  # noqa: PTH116 - thousands of paths
    except (OSError, ValueError):
        return  # who reads it says why
    if stat.S_ISDIR(status.st_mode):
        return
    if not stat.S_ISREG(status.st_mode):
        message = f"{file} is no regular file: cargo, its tools or git would wait for it for ever."
        raise WorkspaceError(message, next_step="Put a file there, or remove it.")
    if most is not None and status.st_size > most:
        message = f"{file} is larger than {most // MEBIBYTE} MiB: {_ALL_OF_IT}."
        raise WorkspaceError(message, next_step="Remove it, or shorten it.")


def _named_folders(root: Path) -> Iterator[Path]:
    """The folders of packages that the manifest in ``root`` names, by pattern or by path."""
    manifest = read_tables(root / "Cargo.toml")
    workspace = part(manifest, "workspace")
    members = workspace.get("members")
    for pattern in members if isinstance(members, list) else ():
        if isinstance(pattern, str) and "\0" not in pattern:
            found = iglob(str(Path(escape(str(root)), pattern)))  # noqa: PTH207 - it may be absolute
            yield from map(Path, found)
    tables = (part(manifest, name) for name in _DEPENDENCIES)
    for table in (part(workspace, "dependencies"), *tables):
        paths = (row.get("path") for row in table.values() if isinstance(row, dict))
        yield from (root / path for path in paths if isinstance(path, str))
