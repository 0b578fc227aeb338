"""A workspace once more, as links, where it has a Cargo.lock of its own.

Cargo reads the lock file beside the manifest of the workspace and nowhere else, and may write it.
The folders on the way down from the top of the repository are folders here, too, so that what a
manifest names by ``..`` is found; all that lies beside them is a link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.rust.cargo_configuration import output_root, target_directory
from tasker_ci.text.file_removing import remove_tree
from tasker_ci.text.file_writing import make_folder, write_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LOCK = "Cargo.lock"
_NOT_LINKED = {".git", ".cargo", "CACHEDIR.TAG"}
"""git finds the repository around the links, and cargo its configuration where it is started."""


def linked_folder(name: str, root: Path, environment: Mapping[str, str]) -> Path:
    """Where the manifest of the links is; ``name`` tells it from others of this workspace."""
    folder = target_directory(root, environment) / "tasker-ci" / "linked" / name
    return folder / root.relative_to(_top(root))


def link_workspace(
    name: str, root: Path, environment: Mapping[str, str], written: Mapping[str, str]
) -> Path:
    """Make it anew below the target directory, and return the folder of its manifest.

    ``root`` is the folder of the workspace. ``written`` are the texts of files beside the manifest
    that are no links; a Cargo.lock is there only as one of them. Raises `UnsafePlace` for a link on
    the way, and what the system raises.
    """
    target = target_directory(root, environment)
    within = output_root(root, target)
    top = _top(root)
    made = target / "tasker-ci" / "linked" / name
    remove_tree(made, within=within)
    here = top
    for part in (*root.relative_to(top).parts, None):
        make_folder(made, within=within)
        left_out = {*_NOT_LINKED, part} if part else {*_NOT_LINKED, LOCK, *written}
        for each in here.iterdir():
            if each.name not in left_out and each != target:
                (made / each.name).symlink_to(each)
        if part:
            here, made = here / part, made / part
    for file, text in written.items():
        write_file(made / file, text, within=within)
    return made


def _top(root: Path) -> Path:
    """The top of the repository around a workspace; the workspace where there is none."""
    return next((each for each in (root, *root.parents) if (each / ".git").exists()), root)
