"""What `init` and `sync` did to a project, so that `rollback` can undo it.

The index lies in the archive and is committed with it: `rollback` works in a fresh clone too. It
names every file that was written, and how each was before: in the archive, not there, or the same
but for some lines. A path in it has to be one that `init` or `sync` can write, so that a forged
index leads nowhere else.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ArchiveUnreadable
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.file_reading import RECORD_BYTES, read_text
from tasker_ci.workflows.sync.changes import ARCHIVE, GITHUB_FOLDER, inside
from tasker_ci.workflows.sync.edits import ChangedSince, Edit, digest, taken_out, undone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

INDEX = ARCHIVE / "index.json"

_VERSION = 2
"""Version 1, which had no number, knew the archive alone. Older versions still read that part."""

_ABOUT = "What `tasker-ci init` and `sync` wrote here; `tasker-ci rollback` undoes it."
WORKFLOWS = ARCHIVE.parent
ROOT = "root"
"""The folder in the archive of files that are no workflows."""

_IN_PLACE = {"noxfile.py", "tasks.py", SETTINGS_FILE}
_NEXTEST = (".config", "nextest.toml")


@dataclass(frozen=True, kw_only=True)
class Archived:
    """One file in the archive."""

    path: PurePosixPath
    """Where it lay."""
    place: PurePosixPath
    """Where it lies now."""
    edited: bool
    """Whether `sync` had written it, and somebody had edited it; else it was the project's own."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A file as we wrote it."""

    digest: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, kw_only=True)
class InPlace:
    """A file without a header: one that we made, or one of the project's own that we edited."""

    path: PurePosixPath
    before: str | None
    """The digest of what was there; None if nothing was."""
    versions: tuple[Version, ...]
    """What we wrote: one, or two while the newer one may not be on the disk yet."""
    changed: bool = False
    """Whether somebody had changed it before we wrote it again: then nobody knows its past."""

    def former(self, now: bytes | None) -> bytes | None:
        """What would be there without us; None for no file.

        Raises `ChangedSince` where somebody changed what we wrote, and nobody can tell.
        """
        if now is None:
            return None
        if self.changed:
            raise ChangedSince
        if digest(now) == self.before:
            return now
        for version in self.versions:
            if digest(now) != version.digest:
                continue
            if self.before is None:
                return None
            before = undone(now, version.edits)
            if digest(before) != self.before:
                raise ChangedSince  # the record is not what it was
            return before
        if self.before is None:
            raise ChangedSince
        return taken_out(now, self.versions[-1].edits, self.path)


@dataclass(frozen=True, kw_only=True)
class Index:
    """All of it."""

    archived: tuple[Archived, ...] = ()
    generated: frozenset[PurePosixPath] = frozenset()
    """Files with a header that `sync` wrote."""
    in_place: Mapping[PurePosixPath, InPlace]
    folders: frozenset[PurePosixPath] = frozenset()
    """Folders that were not there before."""
    complete: bool
    """Whether it knows everything: an older tasker-ci kept no record of files without a header."""
    lost: frozenset[PurePosixPath] = frozenset()
    """Files whose archived original is gone."""

    def text(self) -> bytes:
        """The index as it is written."""
        document = {
            "about": _ABOUT,
            "version": _VERSION,
            "complete": self.complete,
            "archived": [
                {"path": str(each.path), "place": str(each.place), "edited": each.edited}
                for each in self.archived
            ],
            "generated": sorted(map(str, self.generated)),
            "folders": sorted(map(str, self.folders)),
            "in_place": [_in_place_row(self.in_place[path]) for path in sorted(self.in_place)],
        }
        return (json.dumps(document, indent=2) + "\n").encode()

    @property
    def empty(self) -> bool:
        """Whether it says no more than the headers of the generated files do."""
        return not (self.archived or self.in_place or (self.complete and self.generated))

    def settled(self) -> Index:
        """The same, now that all that was to be written is on the disk."""
        return replace(
            self,
            in_place={
                path: replace(each, versions=each.versions[-1:])
                for path, each in self.in_place.items()
            },
        )


def read_index(root: Path) -> Index | None:
    """What was done to a project; None if nothing is recorded.

    Raises `ArchiveUnreadable` for an index that `sync` cannot have written, or that a newer version
    wrote. Archived files that are gone are left out.
    """
    try:
        text = read_text(root / INDEX, most=RECORD_BYTES)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _broken(str(error)) from error
    try:
        document = json.loads(text)
        version = int(document.get("version", 1))
        if version > _VERSION:
            raise ArchiveUnreadable(
                f"{INDEX} was written by a newer tasker-ci.",
                next_step="Run it with the version that wrote it, or a newer one.",
            )
        index = _index(document, complete=version == _VERSION)
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        UnicodeError,
    ) as error:
        raise _broken(f"{type(error).__name__}: {error}") from error
    for entry in index.archived:
        if original(entry.place) != entry.path or ".." in entry.path.parts:
            raise _broken(f"nothing of {str(entry.path)!r} is kept at {str(entry.place)!r}")
    for path in (*index.generated, *index.folders, *index.in_place):
        if not _may_be(path, index):
            raise _broken(f"init and sync never write {str(path)!r}")
    there = {
        entry
        for entry in index.archived
        if os.path.lexists(root / entry.place) and inside(root, entry.place)
    }
    return replace(
        index,
        archived=tuple(entry for entry in index.archived if entry in there),
        lost=frozenset(
            entry.path for entry in index.archived if entry not in there and not entry.edited
        ),
    )


def original(place: PurePosixPath) -> PurePosixPath | None:
    """Where a file of the archive lay; None for a place where `sync` keeps nothing."""
    if not place.is_relative_to(ARCHIVE):
        return None
    parts = place.relative_to(ARCHIVE).parts
    if parts and parts[0].isdecimal():
        parts = parts[1:]
    if len(parts) > 1 and parts[0] == ROOT:
        path = PurePosixPath(*parts[1:])
        return path if path.is_relative_to(GITHUB_FOLDER) else None
    return WORKFLOWS / parts[0] if len(parts) == 1 else None


def _index(document: Mapping[str, Any], *, complete: bool) -> Index:
    in_place = [_in_place(row) for row in document.get("in_place", ())]
    return Index(
        archived=tuple(
            Archived(
                path=PurePosixPath(row["path"]),
                place=PurePosixPath(row["place"]),
                edited=bool(row["edited"]),
            )
            for row in document["archived"]
        ),
        generated=frozenset(map(PurePosixPath, document.get("generated", ()))),
        in_place={each.path: each for each in in_place},
        folders=frozenset(map(PurePosixPath, document.get("folders", ()))),
        complete=complete and document["complete"] is True,
    )


def _may_be(path: PurePosixPath, index: Index) -> bool:
    """Whether `init` or `sync` can have written a path, or made a folder for it."""
    if path.is_absolute() or ".." in path.parts or not path.parts or path.parts[0] == ".git":
        return False
    if path in index.in_place:
        return str(path) in _IN_PLACE or path.parts[-2:] == _NEXTEST
    if path in index.generated:
        return path.is_relative_to(GITHUB_FOLDER)
    return path.parts[0] == str(GITHUB_FOLDER) or path.parts[-1] == _NEXTEST[0]


def _in_place(row: Mapping[str, Any]) -> InPlace:
    before = row["before"]
    return InPlace(
        path=PurePosixPath(row["path"]),
        before=None if before is None else str(before),
        versions=tuple(
            Version(digest=str(each["digest"]), edits=tuple(_edit(edit) for edit in each["edits"]))
            for each in row["written"]
        ),
        changed=bool(row["changed"]),
    )


def _in_place_row(each: InPlace) -> dict[str, Any]:
    return {
        "path": str(each.path),
        "before": each.before,
        "changed": each.changed,
        "written": [
            {
                "digest": version.digest,
                "edits": [
                    {
                        "line": edit.line,
                        "ours": _as_text(edit.ours),
                        "before": _as_text(edit.before),
                        "above": edit.above,
                        "below": edit.below,
                    }
                    for edit in version.edits
                ],
            }
            for version in each.versions
        ],
    }


def _edit(row: Mapping[str, Any]) -> Edit:
    return Edit(
        line=int(row["line"]),
        ours=_as_bytes(row["ours"]),
        before=_as_bytes(row["before"]),
        above=str(row["above"]),
        below=str(row["below"]),
    )


def _as_text(content: bytes) -> str:
    """Bytes as JSON can hold them; what is no UTF-8 comes back all the same."""
    return content.decode("utf-8", "surrogateescape")


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _broken(reason: str) -> ArchiveUnreadable:
    return ArchiveUnreadable(
        f"{INDEX} cannot be used: {reason}.",
        next_step=f"Fix it, or remove it; the files that it names stay in {ARCHIVE}.",
    )
