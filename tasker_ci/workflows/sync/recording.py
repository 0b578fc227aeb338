"""The record of what is about to be written, on the disk before anything else is."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.errors import AccessError
from tasker_ci.text.file_reading import RECORD_BYTES, read_bytes
from tasker_ci.workflows.sync.changes import FileState
from tasker_ci.workflows.sync.edits import ChangedSince, digest, edits_between
from tasker_ci.workflows.sync.index import INDEX, Index, InPlace, Version
from tasker_ci.workflows.sync.writing import remove_file, write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path, PurePosixPath

    from tasker_ci.workflows.sync.changes import Change
    from tasker_ci.workflows.sync.index import Archived


def recorded(
    root: Path, known: Index, changes: Sequence[Change], archived: Iterable[Archived]
) -> Index:
    """The index that lets `rollback` undo ``changes`` and all that was done before.

    ``archived`` are the entries of files that make room. Changes nothing.
    """
    pending = [change for change in changes if change.state is not FileState.CURRENT]
    in_place = dict(known.in_place)
    for change in pending:
        if change.in_place and change.after is not None:
            now = change.before.content if change.before is not None else None
            entry = known.in_place.get(change.path)
            in_place[change.path] = _in_place(change.path, entry, now, change.after)
    paths = [INDEX, *(change.path for change in pending if change.after is not None)]
    new = {each for path in paths for each in path.parents if not os.path.lexists(root / each)}
    new |= set(_left_empty(root))
    headed = [change for change in pending if not change.in_place]
    return replace(
        known,
        archived=(*known.archived, *(each for each in archived if each not in known.archived)),
        generated=known.generated.union(each.path for each in headed if not each.left_over)
        - {each.path for each in headed if each.left_over},
        in_place=in_place,
        folders=known.folders | new,
    )


@contextmanager
def writing_ahead(root: Path, index: Index) -> Iterator[Callable[[], None]]:
    """Write the index; within the block it covers both what was there and what will be.

    The block calls what it gets before it changes the first file. If it fails before that, the
    index and the folders are as they were. Raises `AccessError`.
    """
    file = root / INDEX
    before = read_bytes(file, most=RECORD_BYTES) if file.exists() else None
    new = [folder for folder in index.folders if not os.path.lexists(root / folder)]
    begun = False

    def begin() -> None:
        nonlocal begun
        begun = True

    try:
        if index.text() != before and not index.empty:
            write_file(file, index.text(), within=root)
        yield begin
    except BaseException:
        if not begun:
            with suppress(AccessError):  # a disk without any room: the new index does no harm
                _put_back(root, before)
            remove_folders(root, new)
        raise
    settled = index.settled().text()
    if settled != index.text():
        with suppress(AccessError):  # shorter, and no truer
            write_file(file, settled, within=root)


def remove_folders(root: Path, folders: Iterable[PurePosixPath]) -> None:
    """Remove those of the folders that are there and empty, the inner ones first."""
    for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
        if (root / folder).is_symlink():
            continue
        with suppress(OSError):
            (root / folder).rmdir()


def _left_empty(root: Path) -> Iterator[PurePosixPath]:
    """The folders of the index, if a command that was killed made them: nothing else is in them."""
    if not (root / INDEX.parent).is_dir():
        return
    for folder in INDEX.parents:
        inner = {each.name for each in (root / folder).iterdir()}
        if not folder.parts or inner - {_INNER.get(folder)}:
            return
        yield folder


_INNER = {outer: inner.name for inner, outer in zip(INDEX.parents, INDEX.parents[1:], strict=False)}
"""The one name that each of them has in it then."""


def _put_back(root: Path, content: bytes | None) -> None:
    file = root / INDEX
    if content is None:
        remove_file(file, within=root)
    elif not file.exists() or read_bytes(file, most=RECORD_BYTES) != content:
        write_file(file, content, within=root)


def _in_place(
    path: PurePosixPath, entry: InPlace | None, now: bytes | None, after: bytes
) -> InPlace:
    """The record of one file of the project's own that is to be written."""
    changed = False
    try:
        former = entry.former(now) if entry is not None else now
    except ChangedSince:
        former, changed = now, True
    kept = () if entry is None else entry.versions
    still = tuple(each for each in kept if now is not None and each.digest == digest(now))
    if entry is not None and former is not None and still and entry.before != digest(former):
        still = ()
    version = Version(
        digest=digest(after), edits=() if former is None else edits_between(former, after)
    )
    return InPlace(
        path=path,
        before=None if former is None else digest(former),
        versions=(*still, version),
        changed=changed,
    )
