"""The way back: what `sync` archived returns, and what it wrote goes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tasker_ci.errors import PlaceTaken
from tasker_ci.generate.sync.archive import (
    INDEX,
    Archived,
    bring_back,
    in_both,
    keep,
    place_for,
    read_archive,
    write_index,
)
from tasker_ci.generate.sync.changes import State, generated, inside, look, state_of
from tasker_ci.generate.sync.writing import clear_parts, remove_empty_folders, remove_file

if TYPE_CHECKING:
    from pathlib import Path, PurePosixPath


class Way(StrEnum):
    """What becomes of one path."""

    RESTORED = "restored"
    REMOVED = "removed"
    KEPT = "kept"
    """A file of the project's own lies there by now, so the archived one stays in the archive."""


@dataclass(frozen=True, kw_only=True)
class Return:
    """One path on the way back."""

    path: PurePosixPath
    way: Way
    entry: Archived | None = None
    """What comes back, or could."""
    aside: Archived | None = None
    """Where the file goes that lies there now, because somebody edited it."""


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """The whole way back."""

    returns: tuple[Return, ...]
    remaining: tuple[Archived, ...]
    """What stays in the archive, with what comes into it."""


def plan_rollback(root: Path) -> Rollback:
    """What `roll_back` would do. Changes nothing.

    Of several files that lay at one path the newest of the project's own returns; the others, and
    those that were ours and edited by hand, stay in the archive. Raises `ArchiveUnreadable`,
    `AccessError`, `PlaceTaken`.
    """
    entries = read_archive(root)
    ours = dict(generated(root))
    newest = {entry.path: entry for entry in entries if not entry.edited}
    remaining = list(entries)
    returns = []
    for path in sorted({*ours, *newest}):
        found = look(root, path)
        state = state_of(found)
        entry = newest.get(path)
        if state is State.FOREIGN and not (entry and in_both(root, entry)):
            returns.append(Return(path=path, way=Way.KEPT, entry=entry))
            continue
        aside = None
        if state is State.EDITED:
            place = place_for(root, path, [each.place for each in remaining])
            aside = Archived(path=path, place=place, edited=True)
            remaining.append(aside)
        if entry is not None:
            remaining.remove(entry)
        way = Way.REMOVED if entry is None else Way.RESTORED
        returns.append(Return(path=path, way=way, entry=entry, aside=aside))
    return Rollback(returns=tuple(returns), remaining=tuple(remaining))


def roll_back(root: Path, plan: Rollback) -> None:
    """Do it; call it with the project's lock held. Raises `AccessError`, `PlaceTaken`.

    A file comes back by one renaming, so that it is never there in part; the index is written
    before anything goes into the archive, and again when all has come out of it.
    """
    coming = tuple(each.entry for each in plan.returns if each.entry and each.way is Way.RESTORED)
    indexed = bool(coming or plan.remaining) or (root / INDEX).exists()
    if indexed and not inside(root, INDEX):
        message = f"{INDEX.parent} leads out of the project."
        raise PlaceTaken(message, next_step="Replace the link by a folder.")
    if any(each.aside for each in plan.returns):
        write_index(root, (*plan.remaining, *coming))
    for each in plan.returns:
        if each.way is Way.KEPT:
            continue
        clear_parts((root / each.path).parent)
        if each.aside is not None:
            keep(root, each.aside)
        if each.entry is not None:
            bring_back(root, each.entry)
        else:
            remove_file(root / each.path)
            remove_empty_folders((root / each.path).parent, root)
    if indexed:  # also what a `rollback` that was killed has left in it
        write_index(root, plan.remaining)
