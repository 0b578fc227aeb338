"""Places that are reached through no link which a checkout put in the way.

Git stores links. So every folder of a clone, and every place where we write, may be a link to
somewhere else. ``within`` is the folder that a path has to stay in: the project, the target
directory where it lies outside, or a folder that the user named. Links above it are the user's
own. Below it every component is opened by itself and none is followed
(``openat`` with ``O_NOFOLLOW``). Without ``within`` it is the folder of the file.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.errors import UnsafePlace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER_MODE = 0o777
"""Before the umask."""

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)

FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)

_PASSING = getattr(os, "O_PATH", os.O_RDONLY)
"""A folder may be passed through by who may not list it."""

_BY_DESCRIPTOR = {os.open, os.mkdir, os.stat, os.unlink, os.rename} <= os.supports_dir_fd


@dataclass(frozen=True, kw_only=True)
class Place:
    """A name in a folder that was reached without a link."""

    file: Path
    folder: int | None
    """The open folder; None where the system has no calls with one."""

    @property
    def name(self) -> str:
        """What the calls with ``folder`` take."""
        return self.file.name if self.folder is not None else str(self.file)

    def beside(self, name: str) -> Place:
        """Another name in the same folder."""
        return Place(file=self.file.with_name(name), folder=self.folder)

    def status(self) -> os.stat_result | None:
        """What lies there, links not followed; None if nothing does."""
        try:
            return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def open(self, flags: int, mode: int) -> int:
        """Open it without following a link."""
        return os.open(
            self.name,
            flags | _NO_FOLLOW | getattr(os, "O_CLOEXEC", 0),
            mode,
            dir_fd=self.folder,
        )

    def unlink(self) -> None:
        """Remove the name; a link goes, not the file that it names."""
        os.unlink(self.name, dir_fd=self.folder)

    def replace(self, target: Place) -> None:
        """Give the file another name in the same folder, over what lies there."""
        os.replace(self.name, target.name, src_dir_fd=self.folder, dst_dir_fd=target.folder)


@contextmanager
def reached(
    file: Path, within: Path | None, *, make: bool = False, mode: int = FOLDER_MODE
) -> Iterator[Place]:
    """The place of ``file`` for the block; ``make`` makes the folders on the way with ``mode``.

    Raises `UnsafePlace` if the path leaves ``within`` or a folder of it is a link, and what the
    system raises: `FileNotFoundError` for a folder that is absent, `NotADirectoryError`.
    """
    within = file.parent if within is None else within
    parts = _parts_below(file, within)
    if make:
        within.mkdir(mode=mode, parents=True, exist_ok=True)
    if not _BY_DESCRIPTOR:  # pragma: no cover - Windows
        _check_each(within, parts[:-1], mode if make else None)
        yield Place(file=within.joinpath(*parts), folder=None)
        return
    folder = os.open(within, _PASSING | FOLDER)
    try:
        here = within
        for part in parts[:-1]:
            here /= part
            folder = _entered(folder, part, here, mode if make else None)
        yield Place(file=within.joinpath(*parts), folder=folder)
    finally:
        os.close(folder)


def _parts_below(file: Path, within: Path) -> tuple[str, ...]:
    """The components below ``within``. ``..`` is refused: behind a link it leads elsewhere."""
    try:
        parts = file.relative_to(within).parts
    except ValueError:
        parts = ()
    if not parts or ".." in parts:
        message = f"{file} does not lie in {within}, so it is not written."
        raise UnsafePlace(message, next_step=f"Name a place in {within}.")
    return parts


def _entered(folder: int, part: str, path: Path, make: int | None) -> int:
    """The folder ``part`` of an open one, which is closed."""
    flags = _PASSING | FOLDER | _NO_FOLLOW
    try:
        try:
            inner = os.open(part, flags, dir_fd=folder)
        except FileNotFoundError:
            if make is None:
                raise
            with suppress(FileExistsError):  # another process makes it now
                os.mkdir(part, make, dir_fd=folder)
            inner = os.open(part, flags, dir_fd=folder)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:
            refuse_link(Place(file=path, folder=folder), os.lstat(part, dir_fd=folder))
        error.filename = str(path)
        raise
    os.close(folder)
    return inner


def _check_each(
    within: Path, folders: tuple[str, ...], make: int | None
) -> None:  # pragma: no cover - Windows
    """The same by paths: another process could still put a link there afterwards."""
    here = within
    for part in folders:
        here /= part
        if make is not None and not os.path.lexists(here):
            here.mkdir(make, exist_ok=True)
        refuse_link(Place(file=here, folder=None), here.lstat())


def refuse_link(place: Place, status: os.stat_result | None) -> None:
    """Raise `UnsafePlace` if what lies at a place, by its ``status``, is a link."""
    if status is None or not stat.S_ISLNK(status.st_mode):
        return
    leads = ""
    with suppress(OSError):
        leads = f" to {os.readlink(place.name, dir_fd=place.folder)!r}"
    message = (
        f"{place.file} is a link{leads}, and tasker-ci neither writes nor removes anything "
        "through a link of a project."
    )
    step = (
        "Replace the link by a file or folder of its own; git may have brought it along. "
        "CARGO_TARGET_DIR names another place to build in."
    )
    raise UnsafePlace(message, next_step=step)
