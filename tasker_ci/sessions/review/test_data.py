"""Workspaces that the tests of a package read or copy, and that nobody builds where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from tasker_ci.foreign.checkout import Checkout

_FOLDERS = {"tests", "test", "fixtures", "testdata", "test_data", "test-data", "snapshots"}


def is_test_data(root: PurePosixPath, checkout: Checkout) -> bool:
    """Whether a workspace lies below the folder of tests of a package."""
    return any(
        folder.name in _FOLDERS and checkout.has(above / "Cargo.toml")
        for folder in (root, *root.parents)
        for above in folder.parents
    )
