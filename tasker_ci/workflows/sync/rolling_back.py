"""The way back: what `init` and `sync` wrote goes, and each file is as it was before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.errors import AccessError, PlaceTaken
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.file_reading import RECORD_BYTES, read_bytes, read_text
from tasker_ci.workflows.nextest import is_marked
from tasker_ci.workflows.sync.archive import bring_back, in_both
from tasker_ci.workflows.sync.changes import (
    ARCHIVE,
    GITHUB_FOLDER,
    FileState,
    generated,
    inside,
    look,
    state_of,
)
from tasker_ci.workflows.sync.edits import ChangedSince
from tasker_ci.workflows.sync.index import INDEX, Archived, Index, read_index
from tasker_ci.workflows.sync.recording import remove_folders
from tasker_ci.workflows.sync.writing import clear_parts, remove_file, write_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from tasker_ci.errors import TaskerCIError
    from tasker_ci.workflows.sync.changes import FoundFile

_SETTINGS = PurePosixPath(SETTINGS_FILE)


class Way(StrEnum):
    """What becomes of one path."""

    RESTORED = "restored"
    REMOVED = "removed"
    KEPT = "kept"
    """It stays as it is, and the reason says why."""


@dataclass(frozen=True, kw_only=True)
class Return:
    """One path on the way back."""

    path: PurePosixPath
    way: Way
    reason: str | None = None
    """Why a file is kept, or what cannot come back."""
    next_step: str | None = None
    entry: Archived | None = None
    """What comes back from the archive, or could."""
    content: bytes | None = None
    """What a file of the project's own is without our lines."""


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """The whole way back."""

    returns: tuple[Return, ...]
    """In their order: the settings go last, because they say where the project is."""
    remaining: tuple[Archived, ...]
    """What stays in the archive."""
    index: Index | None


def plan_rollback(root: Path, ours: Collection[PurePosixPath] = ()) -> Rollback:
    """What `roll_back` would do. Changes nothing.

    A file that somebody changed since we wrote it is kept as it is; ``ours`` are files that count
    as unchanged although they differ. Of several files that lay at one path the newest of the
    project's own returns, the others stay in the archive. Raises `ArchiveUnreadable`.
    """
    index = read_index(root)
    known = index or Index(in_place={}, complete=False)
    newest = {entry.path: entry for entry in known.archived if not entry.edited}
    headed = {path for path, _ in generated(root)} if inside(root, GITHUB_FOLDER / "any") else set()
    returns: list[Return] = []
    for path in sorted({*headed, *known.generated, *newest, *known.lost}):
        entry = newest.get(path)
        try:
            found = look(root, path)
        except (AccessError, PlaceTaken) as error:
            returns.append(_kept(path, _cause(root, path, error), entry))
            continue
        lost = path in known.lost and entry is None
        returns.extend(_generated(root, path, found, entry, own=path in ours, lost=lost))
    for path in sorted(known.in_place, key=lambda each: (each == _SETTINGS, each)):
        returns.extend(_in_place(root, path, known))
    if not known.complete and (returns or index is not None):
        returns.extend(_unrecorded(root, known))
    back = {each.entry for each in returns if each.way is Way.RESTORED}
    remaining = tuple(entry for entry in known.archived if entry not in back)
    return Rollback(returns=tuple(returns), remaining=remaining, index=index)


def roll_back(root: Path, plan: Rollback) -> tuple[Return, ...]:
    """Do it; call it with the project's lock held. Returns what was done.

    Each file comes back by one renaming, so that it is never there in part, and the index goes
    last: who is interrupted calls it again. A file that cannot be changed does not stop the others;
    it is returned as kept, and stays in the index.
    """
    _clear(root, plan)
    index = plan.index or Index(in_place={}, complete=False)
    folders = index.folders if plan.index and index.complete else _all_folders(root, plan)
    done: list[Return] = []
    failed: set[PurePosixPath] = set()
    for each in plan.returns:
        try:
            _return(root, each)
        except (AccessError, PlaceTaken) as error:
            reason = _cause(root, each.path, error)
            done.append(replace(each, way=Way.KEPT, reason=reason, next_step=_AGAIN))
            failed.add(each.path)
        else:
            done.append(each)
    rest = replace(
        index,
        archived=(
            *plan.remaining,
            *(each.entry for each in plan.returns if each.entry and _failed(each, failed)),
        ),
        generated=index.generated & failed,
        in_place={path: each for path, each in index.in_place.items() if path in failed},
    )
    remove_folders(root, folders)  # while the index still names them
    file = root / INDEX
    try:
        if rest.empty:
            if plan.index is not None:
                remove_file(file, within=root)
        elif not file.exists() or read_bytes(file, most=RECORD_BYTES) != rest.text():
            write_file(file, rest.text(), within=root)
    except AccessError as error:
        done.append(_kept(INDEX, _cause(root, INDEX, error), None, _AGAIN))
    remove_folders(root, folders)
    return tuple(done)


def _generated(
    root: Path,
    path: PurePosixPath,
    found: FoundFile | None,
    entry: Archived | None,
    *,
    own: bool,
    lost: bool,
) -> Iterator[Return]:
    """A file with a header, or what lies in its place by now.

    ``own`` says that it counts as unchanged, ``lost`` that its original is not in the archive.
    """
    state = FileState.STALE if own else state_of(found)
    if state is FileState.FOREIGN and entry is not None:
        same = look(root, entry.place) == found  # somebody brought it back, or we did not get far
        if same or in_both(root, entry):
            state = FileState.ABSENT
    if state is FileState.FOREIGN and lost:
        return  # a rollback that was interrupted has brought it back
    if state is FileState.EDITED:
        gone = ", and the one from before is no longer in the archive" if lost else ""
        yield _kept(path, f"it was edited since tasker-ci wrote it{gone}", entry)
    elif state is FileState.FOREIGN:
        yield _kept(path, "another file lies in its place since", entry)
    elif entry is not None:
        yield Return(path=path, way=Way.RESTORED, entry=entry)
    elif lost:
        reason = "the file that was there before is no longer in the archive"
        step = "Look for it in the history of the repository."
        yield Return(path=path, way=Way.REMOVED, reason=reason, next_step=step)
    elif state is not FileState.ABSENT:
        yield Return(path=path, way=Way.REMOVED)


def _in_place(root: Path, path: PurePosixPath, index: Index) -> Iterator[Return]:
    """A file without a header that we made, or in which we changed lines."""
    entry = index.in_place[path]
    try:
        found = look(root, path, follow=True)
        now = found.content if found is not None else None
        former = entry.former(now)
    except (AccessError, PlaceTaken) as error:
        yield _kept(path, _cause(root, path, error), None)
    except ChangedSince:
        if entry.before is None:
            yield _kept(path, "it was edited since tasker-ci wrote it", None)
        else:
            step = "Remove by hand the lines that tasker-ci added."
            yield _kept(path, "lines that tasker-ci wrote were edited since", None, step)
    else:
        if former is None and now is not None:
            yield Return(path=path, way=Way.REMOVED)
        elif former != now:
            yield Return(path=path, way=Way.RESTORED, content=former)


def _unrecorded(root: Path, index: Index) -> Iterator[Return]:
    """Files that an older tasker-ci may have written, which kept no record of them."""
    for name in ("noxfile.py", "tasks.py", ".config/nextest.toml", SETTINGS_FILE):
        path = PurePosixPath(name)
        if path in index.in_place:
            continue
        try:
            text = read_text(root / path, errors="replace")
        except OSError:
            continue
        if path.suffix == ".py" and "tasker_ci" not in text:
            continue
        if path.name == "nextest.toml" and not is_marked(text):
            continue
        reason = "there is no record of it: an older tasker-ci wrote it, or you did"
        yield _kept(path, reason, None)


def _kept(
    path: PurePosixPath, reason: str, entry: Archived | None, next_step: str | None = None
) -> Return:
    if entry is not None:
        step = f"To have the old one back, delete it and run rollback again ({entry.place})."
    else:
        step = next_step or "Delete it if you do not need it."
    return Return(path=path, way=Way.KEPT, reason=reason, next_step=step, entry=entry)


def _return(root: Path, each: Return) -> None:
    if each.way is Way.KEPT:
        return
    if each.content is not None:
        file = (root / each.path).resolve()
        write_file(file, each.content, mode=file.stat().st_mode & 0o7777, within=root)
    elif each.entry is not None:
        if not inside(root, each.entry.path):
            message = f"{each.path} would be written outside the project."
            raise PlaceTaken(message, next_step="Replace the link by a folder.")
        bring_back(root, each.entry)
    else:
        remove_file(root / each.path, within=root)


def _cause(root: Path, path: PurePosixPath, error: TaskerCIError) -> str:
    """What an error says about a file that is named beside it."""
    text = error.message.removeprefix(f"{root / path} ").removeprefix(f"{path} ")
    return f"it {text.rstrip('.')}"


def _failed(each: Return, failed: Collection[PurePosixPath]) -> bool:
    return each.way is Way.RESTORED and each.path in failed


def _all_folders(root: Path, plan: Rollback) -> set[PurePosixPath]:
    """Without a record of folders: all above what goes, as far as they are empty."""
    gone = [each.path for each in plan.returns if each.way is Way.REMOVED]
    if (root / ARCHIVE).is_dir():
        gone.append(INDEX)
    return {folder for path in gone for folder in path.parents if folder.parts}


def _clear(root: Path, plan: Rollback) -> None:
    """Remove what a command that was killed has left beside the files that it was writing."""
    folders = {PurePosixPath(), PurePosixPath(".config"), ARCHIVE}
    folders |= {each.path.parent for each in plan.returns}
    if plan.index is not None:
        paths = (*plan.index.generated, *plan.index.in_place)
        folders |= {path.parent for path in paths} | {each.place.parent for each in plan.remaining}
    for folder in _existing(root, folders):
        clear_parts(root / folder)


def _existing(root: Path, folders: Iterable[PurePosixPath]) -> Iterator[PurePosixPath]:
    for folder in folders:
        if (root / folder).is_dir() and inside(root, folder / "any"):
            yield folder


_AGAIN = "Let this user write there, and run rollback again."
