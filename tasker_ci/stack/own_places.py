"""Folders that we make and remove ourselves: a clone can put a link or a forged file in each place.

Everything here goes down from a folder that is trusted (``below``), one component after the other,
and follows no link on the way. So nobody can exchange a component between the look and the act.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tasker_ci.errors import ForeignPlace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PREFIX = "tasker-ci-"

RUN_NAME = re.compile(re.escape(PREFIX) + r"[0-9a-f]{12}")
"""What the name of a run looks like."""

_MOST_BYTES = 1 << 20
"""No file of a run that we read is longer."""

_FOLDER_FLAGS = (
    os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | os.O_CLOEXEC
    if os.name == "posix"
    else os.O_RDONLY
)


def first_link(path: Path, *, below: Path) -> Path | None:
    """The first component of ``path`` below a folder that is a link; None if none is."""
    place = below
    for part in path.relative_to(below).parts:
        place /= part
        if place.is_symlink():
            return place
    return None


def refuse_links(path: Path, *, below: Path) -> None:
    """Raise `ForeignPlace` for a link on the way to ``path``."""
    if link := first_link(path, below=below):
        raise _linked(link)


def make_folder(folder: Path, *, below: Path, mode: int = 0o777) -> None:
    """Make a folder, and those above it; raises `ForeignPlace` for a link on the way."""
    below.mkdir(parents=True, exist_ok=True)
    with _opened(folder, below=below, make=lambda name, at: _make(name, at, mode)):
        pass


def remove_folder(folder: Path, *, below: Path, last: str = "") -> None:
    """Remove a folder with everything in it; nothing if it is not there.

    The file ``last`` goes after all others, so that it still says whose the folder is when this is
    cut short. Raises `ForeignPlace` for a link on the way, and `OSError`.
    """
    if not folder.exists() and not folder.is_symlink():
        return
    if last:
        with _opened(folder, below=below) as inside:
            for name in os.listdir(inside):  # noqa: PTH208 - a path cannot be a descriptor
                if name != last:
                    _remove(name, inside)
    with _opened(folder.parent, below=below) as parent:
        if stat.S_ISLNK(os.stat(folder.name, dir_fd=parent, follow_symlinks=False).st_mode):
            raise _linked(folder)
        shutil.rmtree(folder.name, dir_fd=parent)


def owner_of(path: Path) -> int:
    """The user that a file or folder belongs to, not followed; -1 if it is not there."""
    try:
        return path.lstat().st_uid
    except OSError:
        return -1


def is_gone(path: Path) -> bool:
    """Whether nothing is there; what this user may not see may well be there."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def is_folder(path: Path) -> bool:
    """Whether there is a folder, not a link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def inode_of(path: Path) -> int:
    """The number that a folder keeps when it is moved; 0 if it is not there."""
    try:
        return path.lstat().st_ino
    except OSError:
        return 0


def read_own(file: Path) -> str:
    """The text of a short file that this user wrote, without following a link.

    Raises `OSError` for a file of another user, a link, a pipe, a device or one that is too long,
    and `ValueError` if it is no UTF-8.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(file, flags)
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{file} is no regular file")
        if os.name == "posix" and status.st_uid != os.geteuid():
            raise OSError(f"{file} belongs to another user")
        data = stream.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise OSError(f"{file} is too long")
    return data.decode("utf-8")


def _make(name: str, at: int, mode: int) -> None:
    with suppress(FileExistsError):
        os.mkdir(name, mode, dir_fd=at)


def _remove(name: str, at: int) -> None:
    if stat.S_ISDIR(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode):
        shutil.rmtree(name, dir_fd=at)
    else:
        os.unlink(name, dir_fd=at)


@contextmanager
def _opened(
    folder: Path, *, below: Path, make: Callable[[str, int], None] | None = None
) -> Iterator[int]:
    """The descriptor of a folder, reached from ``below`` without following a link."""
    descriptor = os.open(below, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        place = below
        for part in folder.relative_to(below).parts:
            place /= part
            if make is not None:
                make(part, descriptor)
            try:
                inner = os.open(part, _FOLDER_FLAGS, dir_fd=descriptor)
            except OSError:
                if place.is_symlink():
                    raise _linked(place) from None
                raise
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _linked(place: Path) -> ForeignPlace:
    with suppress(OSError):
        target = place.readlink()
        return ForeignPlace(
            f"{place} is a link to {target}, and nothing is written or removed through a link.",
            next_step=f"Remove the link if it is not yours: rm '{place}'",
        )
    return ForeignPlace(f"{place} is a link.", next_step=f"Remove it: rm '{place}'")
