"""Paths as scripts write them."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath


def inside(path: str, folder: PurePosixPath | None) -> PurePosixPath | None:
    """Where in the repository a path leads to from a folder; None where it is outside."""
    if folder is None or not path or path.startswith(("/", "~")):
        return None
    found = posixpath.normpath(f"{folder}/{path}")
    return None if found.startswith("..") else PurePosixPath(found)
