"""Files that made room for generated ones: where they are kept, and how they come back.

A workflow goes to ``.github/workflows/archived/NAME``, any other file to
``.github/workflows/archived/root/`` followed by its whole path. A place that is taken already is
left as it is, and the file goes to the same path below ``archived/2/``, ``archived/3/``, …
Nothing clashes, because a workflow has a suffix and neither ``root`` nor a number has one.
``archived/index.json`` says what `sync` put there; all else in the folder is the project's own and
never touched.
"""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.workflows.sync.changes import ARCHIVE
from tasker_ci.workflows.sync.index import ROOT, WORKFLOWS, Archived
from tasker_ci.workflows.sync.writing import remove_empty_folders, remove_file, told

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def place_for(root: Path, path: PurePosixPath, taken: Iterable[PurePosixPath]) -> PurePosixPath:
    """Where ``path`` can be kept: nothing lies there, and none of ``taken`` is it."""
    occupied = set(taken)
    for number in count(1):
        place = _place(path, number)
        if place not in occupied and not os.path.lexists(root / place):
            return place
    raise AssertionError  # pragma: no cover - count() does not end


def plan_archive(
    root: Path, known: Iterable[Archived], paths: Iterable[tuple[PurePosixPath, bool]]
) -> tuple[Archived, ...]:
    """Places for files (path, and whether it is an edited one of ours) beside the known ones.

    Changes nothing.
    """
    known = list(known)
    entries: list[Archived] = []
    for path, edited in paths:
        # A `sync` that was killed may have kept the file, but put nothing in its place.
        kept = next((each for each in known if each.path == path and in_both(root, each)), None)
        if kept is None:
            place = place_for(root, path, [each.place for each in known])
            kept = Archived(path=path, place=place, edited=edited)
            known.append(kept)
        entries.append(kept)
    return tuple(entries)


def in_both(root: Path, entry: Archived) -> bool:
    """Whether one and the same file lies in its old place and in the archive."""
    try:
        there, here = (root / entry.path).lstat(), (root / entry.place).lstat()
    except OSError:
        return False
    return os.path.samestat(there, here)


def keep(root: Path, entry: Archived, *, and_leave: bool = False) -> None:
    """Put a file into the archive, with its mode; its place in the index is written already.

    With ``and_leave`` it lies in both places until something is put over it, so that there is no
    moment without it. Raises `AccessError`.
    """
    source, place = root / entry.path, root / entry.place
    if in_both(root, entry):
        if not and_leave:
            remove_file(source, within=root)
        return
    with told(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        if and_leave:
            try:
                os.link(source, place, follow_symlinks=False)
            except (OSError, NotImplementedError):  # not every file system has hard links
                pass
            else:
                return
        source.rename(place)


def take_out(root: Path, entry: Archived) -> None:
    """Undo `keep`, because nothing took the file's place after all."""
    with suppress(OSError):
        if os.path.lexists(root / entry.path):
            (root / entry.place).unlink()
        else:
            (root / entry.place).rename(root / entry.path)


def bring_back(root: Path, entry: Archived) -> None:
    """Put a file back where it lay, over what lies there. Raises `AccessError`."""
    target = root / entry.path
    with told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if in_both(root, entry):  # renaming one name of a file to another one does nothing
            (root / entry.place).unlink()
        else:
            (root / entry.place).replace(target)
    remove_empty_folders((root / entry.place).parent, root / WORKFLOWS)


def _place(path: PurePosixPath, number: int) -> PurePosixPath:
    within = PurePosixPath(path.name) if path.parent == WORKFLOWS else PurePosixPath(ROOT) / path
    return (ARCHIVE if number == 1 else ARCHIVE / str(number)) / within
