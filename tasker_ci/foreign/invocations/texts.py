"""The files of a repository, as far as calls of cargo depend on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path, PurePosixPath


class Texts(Protocol):
    """A checkout."""

    @property
    def root(self) -> Path:
        """Its folder."""

    def has_folder(self, path: PurePosixPath) -> bool:
        """Whether a folder with files is there."""

    def text(self, path: PurePosixPath) -> str | None:
        """The text of a file, by its path from the root; None if it cannot be read."""
