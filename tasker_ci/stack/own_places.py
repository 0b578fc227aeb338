"""Folders that we make and remove ourselves: a clone can put a link or a forged file in each place.

Everything here goes down from a folder that is trusted (``below``) and follows no link on the way.
"""

from __future__ import annotations

import re
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasker_ci.errors import ForeignPlace, UnsafePlace
from tasker_ci.text.file_removing import remove_tree
from tasker_ci.text.file_writing import check_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PREFIX = "tasker-ci-"

RUN_NAME = re.compile(re.escape(PREFIX) + r"[0-9a-f]{12}")
"""What the name of a run looks like."""


def first_link(path: Path, *, below: Path) -> Path | None:
    """The first component of ``path`` below a folder that is a link; None if none is."""
    place = below
    for part in path.relative_to(below).parts:
        place /= part
        if place.is_symlink():
            return place
    return None


def refuse_links(path: Path, *, below: Path) -> None:
    """Raise `ForeignPlace` for a link on the way to ``path``."""
    with links_are_foreign():
        check_place(path, within=below)


@contextmanager
def links_are_foreign() -> Iterator[None]:
    """Raise `ForeignPlace` for what is `UnsafePlace` in the block: a place of a run is no ours."""
    try:
        yield
    except UnsafePlace as error:
        raise ForeignPlace(error.message, next_step=error.next_step) from error


def remove_folder(folder: Path, *, below: Path, last: str | None = None) -> None:
    """Remove a folder as `remove_tree` does; raises `ForeignPlace` for a link on the way."""
    with links_are_foreign():
        remove_tree(folder, within=below, last=last)


def owner_of(path: Path) -> int:
    """The user that a file or folder belongs to, not followed; -1 if it is not there."""
    try:
        return path.lstat().st_uid
    except OSError:
        return -1


def is_folder(path: Path) -> bool:
    """Whether there is a folder, not a link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def inode_of(path: Path) -> int:
    """The number that a folder keeps when it is moved; 0 if it is not there."""
    try:
        return path.lstat().st_ino
    except OSError:
        return 0
