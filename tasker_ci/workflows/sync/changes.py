"""Planned files against the disk: what is absent, stale, foreign, edited by hand or left over."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.errors import AccessError, PlaceTaken, TaskerCIError
from tasker_ci.text.file_reading import RECORD_BYTES, open_to_read, read_bytes
from tasker_ci.workflows.files import is_ours, is_untouched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasker_ci.workflows.files import GeneratedFile

GITHUB_FOLDER = PurePosixPath(".github")
"""All files with a header lie in it, so it is where left over ones are looked for."""

ARCHIVE = PurePosixPath(".github/workflows/archived")
"""Where files go that make room; GitHub reads no workflow in a folder below its own."""

_SUFFIXES = {".yml", ".yaml", ".md", ".lock"}
_HEADER_BYTES = 1_000
"""The header's first line is shorter, whatever stands around it."""


class FileState(StrEnum):
    """What lies where a generated file belongs."""

    ABSENT = "absent"
    CURRENT = "current"
    STALE = "stale"
    """`sync` wrote it and nobody edited it, but it is not what the settings make now."""
    EDITED = "edited by hand"
    """`sync` wrote it, and it was edited since."""
    FOREIGN = "foreign"
    """`sync` did not write it."""


@dataclass(frozen=True, kw_only=True)
class FoundFile:
    """A file, or a symbolic link, on the disk."""

    content: bytes
    mode: int
    """The permission bits."""
    link: str | None = None
    """Where a symbolic link leads; its content is not read."""

    @property
    def text(self) -> str | None:
        """The content as text; None if it is none."""
        try:
            return None if self.link else self.content.decode()
        except UnicodeDecodeError:
            return None

    @property
    def crlf(self) -> bool:
        """Whether every line ends in CRLF, as git makes them at a checkout with `core.autocrlf`."""
        return not self.link and 0 < self.content.count(b"\n") == self.content.count(b"\r\n")

    @property
    def lines(self) -> str | None:
        """The text as it was before a checkout made CRLF of every newline."""
        text = self.text
        return text.replace("\r\n", "\n") if text is not None and self.crlf else text


@dataclass(frozen=True, kw_only=True)
class Change:
    """One path: what lies there, and what should."""

    path: PurePosixPath
    """Relative to the project root."""
    state: FileState
    before: FoundFile | None
    after: bytes | None
    """None: the file is left over and goes."""
    in_place: bool = False
    """Whether the file belongs to the project and only parts of it are ours: it has no header."""

    @property
    def left_over(self) -> bool:
        """Whether the file is ours and nothing plans it any more."""
        return self.after is None

    @property
    def makes_room(self) -> bool:
        """Whether what lies there is somebody's work, which goes to the archive first."""
        return not self.in_place and self.state in {FileState.FOREIGN, FileState.EDITED}


def compare(root: Path, files: Iterable[GeneratedFile]) -> tuple[Change, ...]:
    """Every planned file and every left over one, in the order of their paths.

    A file of ours keeps the line ends that a checkout gave it. Changes nothing. Raises
    `PlaceTaken` or `AccessError` with all places where a file can be neither read nor written: a
    folder, a device, a link out of the project.
    """
    planned = {file.path: file.text for file in files}
    changes: list[Change] = []
    problems: list[TaskerCIError] = []
    for path, text in planned.items():
        try:
            before = look(root, path)
        except TaskerCIError as error:
            problems.append(error)
            continue
        after = _with_the_line_ends_of(before, text)
        changes.append(Change(path=path, state=_state(before, after), before=before, after=after))
    if problems:
        raise type(problems[0])(
            "\n".join(problem.message for problem in problems), next_step=problems[0].next_step
        )
    for path, before in generated(root):
        if path not in planned:
            changes.append(Change(path=path, state=_state(before, None), before=before, after=None))
    return tuple(sorted(changes, key=lambda change: change.path))


def compare_in_place(root: Path, path: PurePosixPath, after: bytes) -> Change:
    """A file of the project's own in which only parts are ours; never foreign, never archived."""
    before = look(root, path, follow=True)
    state = FileState.ABSENT if before is None else FileState.STALE
    if before is not None and before.content == after:
        state = FileState.CURRENT
    return Change(path=path, state=state, before=before, after=after, in_place=True)


def look(root: Path, path: PurePosixPath, *, follow: bool = False) -> FoundFile | None:
    """What lies at ``path``; None if nothing does. ``follow`` reads what a link leads to.

    Raises `PlaceTaken` for what is no file, and for a folder on the way that leads out of the
    project; `AccessError` for a file that cannot be read.
    """
    file = root / path
    try:
        status = file.stat() if follow else file.lstat()
    except FileNotFoundError:
        status = None
    except NotADirectoryError:
        message = f"{path} cannot be written: a part of its path is a file."
        raise PlaceTaken(message, next_step=_MOVE) from None
    except OSError as error:
        raise unreadable(path, error) from error
    if not follow and not inside(root, path):
        message = f"{path} would be written outside the project: a folder of its path is a link."
        raise PlaceTaken(message, next_step="Replace the link by a folder.")
    if follow and not _leads_inside(root, file):
        message = f"{path} would be written outside the project: it is a link, or a folder of it."
        raise PlaceTaken(message, next_step="Replace the link by a file or folder.")
    if status is None:
        return None
    mode = stat.S_IMODE(status.st_mode)
    try:
        if stat.S_ISLNK(status.st_mode):
            return FoundFile(content=b"", mode=mode, link=str(file.readlink()))
        if stat.S_ISREG(status.st_mode):
            return FoundFile(content=read_bytes(file, most=RECORD_BYTES), mode=mode)
    except OSError as error:
        raise unreadable(path, error) from error
    kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no file"
    raise PlaceTaken(f"{path} cannot be written: what lies there is {kind}.", next_step=_MOVE)


def inside(root: Path, path: PurePosixPath) -> bool:
    """Whether the folder of ``path`` really lies in the project, and not in .git."""
    return _leads_inside(root, (root / path).parent)


def _leads_inside(root: Path, file: Path) -> bool:
    try:
        real, top = file.resolve(), root.resolve()
    except (OSError, RuntimeError):  # a circle of links
        return False
    return real.is_relative_to(top) and ".git" not in real.relative_to(top).parts


def unreadable(path: PurePosixPath, error: OSError) -> AccessError:
    """The error for a file that is there and cannot be read."""
    return AccessError(
        f"{path} cannot be read: {error.strerror}.", next_step="Let this user read it."
    )


def state_of(found: FoundFile | None) -> FileState:
    """Whose file it is, without a plan to compare it with: absent, foreign, edited or stale."""
    if found is None:
        return FileState.ABSENT
    text = found.text
    if text is None or not is_ours(text):
        return FileState.FOREIGN
    # A checkout that made CRLF of its lines is no edit.
    return FileState.STALE if is_untouched(text.replace("\r\n", "\n")) else FileState.EDITED


def generated(root: Path) -> Iterator[tuple[PurePosixPath, FoundFile]]:
    """Every file of ours on the disk, edited or not, outside the archive.

    A file that cannot be read is not known to be ours, and left alone.
    """
    if not inside(root, GITHUB_FOLDER / "any"):
        return
    seen = {(root / ARCHIVE).resolve()}
    for folder, folders, names in os.walk(root / GITHUB_FOLDER, followlinks=True):
        here = PurePosixPath(Path(folder).relative_to(root).as_posix())
        seen.add(Path(folder).resolve())
        folders[:] = sorted(
            name
            for name in folders
            if inside(root, here / name / "any") and Path(folder, name).resolve() not in seen
        )
        for name in sorted(names):
            file = Path(folder, name)
            if file.suffix not in _SUFFIXES or not str(here / name).isprintable():
                continue
            if not _begins_like_ours(file):
                continue
            try:
                found = look(root, here / name)
            except TaskerCIError:
                continue
            if found is not None and state_of(found) in {FileState.STALE, FileState.EDITED}:
                yield here / name, found


def _begins_like_ours(file: Path) -> bool:
    try:
        if not stat.S_ISREG(file.lstat().st_mode):
            return False
        with open_to_read(file) as opened:
            return is_ours(opened.read(_HEADER_BYTES).decode(errors="replace"))
    except OSError:
        return False


def _with_the_line_ends_of(before: FoundFile | None, text: str) -> bytes:
    """A planned text as bytes. Line ends are git's and the project's affair, not the settings'."""
    ours = before is not None and before.text is not None and is_ours(before.text)
    if before is not None and ours and before.crlf:
        text = text.replace("\n", "\r\n")
    return text.encode()


def _state(before: FoundFile | None, after: bytes | None) -> FileState:
    if before is not None and not before.link and before.content == after:
        return FileState.CURRENT
    return state_of(before)


_MOVE = "Move it away; sync only replaces files."
