"""Files that made room for generated ones: where they are kept, and how they come back.

A workflow goes to ``.github/workflows/archived/NAME``, any other file to
``.github/workflows/archived/root/`` followed by its whole path. A place that is taken already is
left as it is, and the file goes to the same path below ``archived/2/``, ``archived/3/``, …
Nothing clashes, because a workflow has a suffix and neither ``root`` nor a number has one.
``archived/index.json`` says what `sync` put there; all else in the folder is the project's own and
never touched.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.errors import ArchiveUnreadable
from tasker_ci.generate.sync.changes import ARCHIVE, GITHUB_FOLDER, inside
from tasker_ci.generate.sync.writing import remove_empty_folders, remove_file, told, write_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

INDEX = ARCHIVE / "index.json"

_WORKFLOWS = ARCHIVE.parent
_ROOT = "root"


@dataclass(frozen=True, kw_only=True)
class Archived:
    """One file in the archive."""

    path: PurePosixPath
    """Where it lay."""
    place: PurePosixPath
    """Where it lies now."""
    edited: bool
    """Whether `sync` had written it, and somebody had edited it; else it was the project's own."""


def read_archive(root: Path) -> tuple[Archived, ...]:
    """What `sync` archived and is still there, the oldest first.

    Raises `ArchiveUnreadable` for an index that `sync` cannot have written: a path in it must be
    one that belongs to its place, so that nothing is ever put elsewhere.
    """
    try:
        text = (root / INDEX).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise _broken(str(error)) from error
    try:
        rows = json.loads(text)["archived"]
        entries = [
            Archived(
                path=PurePosixPath(row["path"]),
                place=PurePosixPath(row["place"]),
                edited=bool(row["edited"]),
            )
            for row in rows
        ]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _broken(f"{type(error).__name__}: {error}") from error
    for entry in entries:
        if original(entry.place) != entry.path or ".." in entry.path.parts:
            raise _broken(f"nothing of {str(entry.path)!r} is kept at {str(entry.place)!r}")
    return tuple(
        entry
        for entry in entries
        if os.path.lexists(root / entry.place) and inside(root, entry.place)
    )


def place_for(root: Path, path: PurePosixPath, taken: Iterable[PurePosixPath]) -> PurePosixPath:
    """Where ``path`` can be kept: nothing lies there, and none of ``taken`` is it."""
    occupied = set(taken)
    for number in count(1):
        place = _place(path, number)
        if place not in occupied and not os.path.lexists(root / place):
            return place
    raise AssertionError  # pragma: no cover - count() does not end


def original(place: PurePosixPath) -> PurePosixPath | None:
    """Where a file of the archive lay; None for a place where `sync` keeps nothing."""
    if not place.is_relative_to(ARCHIVE):
        return None
    parts = place.relative_to(ARCHIVE).parts
    if parts and parts[0].isdecimal():
        parts = parts[1:]
    if len(parts) > 1 and parts[0] == _ROOT:
        path = PurePosixPath(*parts[1:])
        return path if path.is_relative_to(GITHUB_FOLDER) else None
    return _WORKFLOWS / parts[0] if len(parts) == 1 else None


def plan_archive(
    root: Path, paths: Iterable[tuple[PurePosixPath, bool]]
) -> tuple[tuple[Archived, ...], bytes]:
    """Places for files (path, and whether it is an edited one of ours), and the new index's text.

    Changes nothing. Raises `ArchiveUnreadable`.
    """
    known = list(read_archive(root))
    entries: list[Archived] = []
    for path, edited in paths:
        # A `sync` that was killed may have kept the file, but put nothing in its place.
        kept = next((each for each in known if each.path == path and in_both(root, each)), None)
        if kept is None:
            place = place_for(root, path, [each.place for each in known])
            kept = Archived(path=path, place=place, edited=edited)
            known.append(kept)
        entries.append(kept)
    return tuple(entries), index_text(known)


def in_both(root: Path, entry: Archived) -> bool:
    """Whether one and the same file lies in its old place and in the archive."""
    try:
        there, here = (root / entry.path).lstat(), (root / entry.place).lstat()
    except OSError:
        return False
    return os.path.samestat(there, here)


def index_text(entries: Iterable[Archived]) -> bytes:
    """The index as `sync` writes it."""
    rows = [
        {"path": str(entry.path), "place": str(entry.place), "edited": entry.edited}
        for entry in entries
    ]
    about = "What `tasker-ci sync` put here; `tasker-ci rollback` brings it back."
    return (json.dumps({"about": about, "archived": rows}, indent=2) + "\n").encode()


def keep(root: Path, entry: Archived, *, and_leave: bool = False) -> None:
    """Put a file into the archive, with its mode; its place in the index is written already.

    With ``and_leave`` it lies in both places until something is put over it, so that there is no
    moment without it. Raises `AccessError`.
    """
    source, place = root / entry.path, root / entry.place
    if in_both(root, entry):
        if not and_leave:
            remove_file(source)
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
    remove_empty_folders((root / entry.place).parent, root / _WORKFLOWS)


def write_index(root: Path, entries: tuple[Archived, ...]) -> None:
    """Write the index, or remove it when there is nothing to say. Raises `AccessError`."""
    index, text = root / INDEX, index_text(entries)
    if entries:
        with told(index):
            current = index.exists() and index.read_bytes() == text
        if not current:
            write_file(index, text)
    else:
        remove_file(index)
        remove_empty_folders(index.parent, root)


def _place(path: PurePosixPath, number: int) -> PurePosixPath:
    within = PurePosixPath(path.name) if path.parent == _WORKFLOWS else PurePosixPath(_ROOT) / path
    return (ARCHIVE if number == 1 else ARCHIVE / str(number)) / within


def _broken(reason: str) -> ArchiveUnreadable:
    return ArchiveUnreadable(
        f"{INDEX} cannot be used: {reason}.",
        next_step=f"Mend it or remove it; the files that it names stay in {ARCHIVE}.",
    )
