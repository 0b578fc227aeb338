"""The files of a checkout, and its manifests."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from tasker_ci.text.toml_documents import read_toml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

MANIFEST = "Cargo.toml"


class Files(Protocol):
    """A checkout."""

    @property
    def root(self) -> Path:
        """Its folder."""

    @property
    def files(self) -> Collection[PurePosixPath]:
        """All its files, by their paths from the root."""

    def text(self, path: PurePosixPath) -> str | None:
        """The text of a file; None if it cannot be read."""


@dataclass(kw_only=True)
class ManifestListing:
    """The folders of a checkout, with what is in each."""

    files: Files
    _names: dict[PurePosixPath, set[str]] = field(init=False)
    _manifests: dict[PurePosixPath, Mapping[str, Any] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names = defaultdict(set)
        for file in self.files.files:
            child = file
            for folder in file.parents:
                if child.name in self._names[folder]:
                    break
                self._names[folder].add(child.name)
                child = folder

    def has(self, file: PurePosixPath) -> bool:
        """Whether a file or folder is there."""
        return file in self._names or file.name in self._names.get(file.parent, ())

    def is_folder(self, path: PurePosixPath) -> bool:
        """Whether a folder with files is there."""
        return path in self._names

    def names(self, folder: PurePosixPath) -> list[str]:
        """What lies in a folder."""
        return sorted(self._names.get(folder, ()))

    def manifest(self, folder: PurePosixPath) -> Mapping[str, Any] | None:
        """The manifest of a folder; None where there is none that can be read."""
        if folder not in self._manifests:
            text = self.files.text(folder / MANIFEST) if self.has(folder / MANIFEST) else None
            self._manifests[folder] = _read(text) if text is not None else None
        return self._manifests[folder]

    def manifest_folders(self) -> Iterator[PurePosixPath]:
        """Every folder with a manifest, the outer ones first."""
        found = [folder for folder, names in self._names.items() if MANIFEST in names]
        yield from sorted(found, key=lambda folder: (len(folder.parts), folder))

    def matching(self, base: PurePosixPath, pattern: str) -> Iterator[PurePosixPath]:
        """The folders that a pattern of ``members`` means."""
        waiting = [base]
        for part in PurePosixPath(pattern.replace("\\", "/")).parts:
            waiting = [found for folder in waiting for found in self._step(folder, part)]
        yield from dict.fromkeys(waiting)

    def _step(self, folder: PurePosixPath, part: str) -> Iterator[PurePosixPath]:
        from fnmatch import fnmatchcase

        if part == "..":
            yield folder.parent
        elif part == "**":
            yield folder
            for name in self.names(folder):
                if self.is_folder(folder / name) and not name.startswith("."):
                    yield from self._step(folder / name, part)
        elif any(mark in part for mark in "*?["):
            for name in self.names(folder):
                if self.is_folder(folder / name) and fnmatchcase(name, part):
                    yield folder / name
        elif self.is_folder(folder / part):
            yield folder / part


def _read(text: str) -> Mapping[str, Any] | None:
    try:
        return read_toml(text)
    except tomllib.TOMLDecodeError:
        return None


def plain(path: PurePosixPath) -> PurePosixPath | None:
    """A path without ``..``; None for one outside the checkout."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts)
