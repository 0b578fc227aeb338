"""Paths as scripts write them."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath

from tasker_ci.foreign.bash.unknown import REPOSITORY


def inside(path: str, folder: PurePosixPath | None) -> PurePosixPath | None:
    """Where in the repository a path leads to from a folder; None where it is outside."""
    if path.startswith(f"{REPOSITORY}/") or path == REPOSITORY:
        folder, path = PurePosixPath(), f"./{path[len(REPOSITORY) + 1 :]}"
    if folder is None or not path or path.startswith(("/", "~")):
        return None
    found = posixpath.normpath(f"{folder}/{path}")
    return None if found.startswith("..") else PurePosixPath(found)
