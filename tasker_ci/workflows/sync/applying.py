"""Bring the disk to what is planned: archive what makes room, write, remove."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tasker_ci.errors import PlaceTaken, UnsafePlace
from tasker_ci.workflows.sync.archive import keep, plan_archive, take_out
from tasker_ci.workflows.sync.changes import FileState, generated, inside
from tasker_ci.workflows.sync.index import INDEX, Index, read_index
from tasker_ci.workflows.sync.recording import recorded, writing_ahead
from tasker_ci.workflows.sync.writing import (
    clear_parts,
    publish,
    remove_empty_folders,
    remove_file,
    settled,
    staged,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path, PurePosixPath

    from tasker_ci.text.file_writing import Staged
    from tasker_ci.workflows.sync.changes import Change
    from tasker_ci.workflows.sync.index import Archived


class FileAction(StrEnum):
    """What becomes of one file."""

    WRITTEN = "written"
    UPDATED = "updated"
    REMOVED = "removed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True)
class Done:
    """One file, and what was done."""

    path: PurePosixPath
    action: FileAction
    archived: PurePosixPath | None = None
    """Where what lay there before is kept."""


def action_of(change: Change) -> FileAction:
    """What `apply` does with a change."""
    if change.state is FileState.CURRENT:
        return FileAction.UNCHANGED
    if change.left_over:
        return FileAction.REMOVED
    if change.state in {FileState.STALE, FileState.EDITED}:
        return FileAction.UPDATED
    return FileAction.WRITTEN


def apply(root: Path, changes: Sequence[Change]) -> tuple[Done, ...]:
    """Write, remove and archive; call it with the project's lock held.

    What was there before is recorded first. Then everything is on the disk before the first file
    changes, so a lack of room or of permission leaves all as it was; a process that is killed
    leaves each file whole, the old or the new one, and `rollback` undoes what was done.
    Raises `AccessError`, `PlaceTaken`, `ArchiveUnreadable`.
    """
    if all(change.state is FileState.CURRENT for change in changes):
        return tuple(Done(path=each.path, action=FileAction.UNCHANGED) for each in changes)
    known = read_index(root) or Index(in_place={}, complete=not any(generated(root)))
    archived = plan_archive(
        root,
        known.archived,
        [(each.path, each.state is FileState.EDITED) for each in changes if each.makes_room],
    )
    _check_places(root, archived)
    contents = {
        _target(root, change): (change.after, _mode(change))
        for change in changes
        if change.after is not None and change.state is not FileState.CURRENT
    }
    places = {entry.path: entry for entry in archived}
    index = recorded(root, known, changes, archived)
    with writing_ahead(root, index) as begin, staged(contents, within=root) as parts:
        begin()
        for change in changes:
            part = parts.get(_target(root, change))
            _apply(root, change, part, places.get(change.path))
    return tuple(
        Done(
            path=change.path,
            action=action_of(change),
            archived=places[change.path].place if change.path in places else None,
        )
        for change in changes
    )


def tidy(root: Path, changes: Sequence[Change]) -> None:
    """Remove what a `sync` that was killed has left; call it with the project's lock held."""
    for target in {_target(root, change) for change in changes} | {root / INDEX}:
        with suppress(UnsafePlace):
            clear_parts(settled(target, root)[0].parent)


def _apply(root: Path, change: Change, part: Staged | None, kept: Archived | None) -> None:
    if change.state is FileState.CURRENT:
        return
    if kept is not None:
        keep(root, kept, and_leave=not change.left_over)
    try:
        if part is not None:
            publish(part)
        else:
            remove_file(root / change.path, within=root)
            remove_empty_folders((root / change.path).parent, root)
    except BaseException:
        if kept is not None:
            take_out(root, kept)
        raise


def _check_places(root: Path, archived: tuple[Archived, ...]) -> None:
    for place in (INDEX, *(entry.place for entry in archived)):
        if not inside(root, place):
            message = f"{place} would be written outside the project: a folder of it is a link."
            raise PlaceTaken(message, next_step="Replace the link by a folder.")


def _target(root: Path, change: Change) -> Path:
    """Where to write: through a link only where the file is the project's own and stays so."""
    target = root / change.path
    return target.resolve() if change.in_place else target


def _mode(change: Change) -> int | None:
    """The permission bits stay those of our own file; a foreign one takes them along."""
    ours = change.in_place or change.state is not FileState.FOREIGN
    return change.before.mode if change.before is not None and ours else None
