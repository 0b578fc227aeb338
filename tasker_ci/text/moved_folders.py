"""Folders known by their numbers: where one was moved, another may lie at its old place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.text.file_reading import is_gone

if TYPE_CHECKING:
    from pathlib import Path


def number_of(path: Path) -> str | None:
    """The number of a folder among all disks of a machine, as text; None if it is not there."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return f"{status.st_dev}:{status.st_ino}"


def is_same_folder(place: Path, number: str | None, workspace: Path) -> bool:
    """Whether a folder that lay at ``place`` and had this `number_of` is that of a workspace.

    A new checkout can lie where a workspace was before it was moved, so the place alone proves
    nothing. The number of a disk can change when the machine starts again: at its own place a
    folder is known without it. Where no number is known the place has to do.
    """
    if not number or place == workspace:
        return place == workspace and is_still_there(place, number)
    return number == number_of(workspace) and not is_still_there(place, number)


def is_still_there(place: Path, number: str | None) -> bool:
    """Whether the folder with this `number_of` still lies where it lay."""
    if not number:
        return not is_gone(place)
    now = number_of(place)
    return now is not None and now.rpartition(":")[2] == number.rpartition(":")[2]
