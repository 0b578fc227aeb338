"""Write files of ours: whole or not at all, and through no link that a checkout put in the way.

Every place is reached as `places` says; ``within`` is the folder that it has to stay in.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from tasker_ci.errors import UnsafePlace
from tasker_ci.text.places import FOLDER, FOLDER_MODE, Place, reached, refuse_link

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PART = ".tasker-ci-part"
"""How the name of a half-written file ends."""

PRIVATE = 0o600
"""The mode of a file that nobody but its owner may read."""

_MODE = 0o666

_PRIVATE_FOLDER = 0o700

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says without a place."""


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A text on the disk, beside the place it is meant for."""

    target: Path
    part: Path
    within: Path | None

    def publish(self, *, flush: bool = False) -> None:
        """Put it in its place, in one step. Raises what `reached` raises.

        ``flush`` makes the new name last through a loss of power, where the file system can.
        """
        with reached(self.target, self.within) as place:
            place.beside(self.part.name).replace(place)
            if flush and place.folder is not None:
                with suppress(OSError):
                    _flush_folder(place.folder)

    def withdraw(self) -> None:
        """Remove it if it was not published."""
        with suppress(OSError, UnsafePlace), reached(self.part, self.within) as place:
            place.unlink()


def stage(
    file: Path,
    content: bytes,
    *,
    within: Path | None = None,
    mode: int | None = None,
    flush: bool = False,
    anew: bool = False,
) -> Staged:
    """Write ``content`` beside ``file``, which stays as it is; else as `whole_file` does.

    With ``anew`` it takes no permission bits over from a file that lies there.
    """
    with reached(file, within, make=True) as target:
        part = _part_of(target)
        before = None if anew else target.status()
        with _written(part, target, before, mode=mode, flush=flush) as stream:
            stream.write(content)
    return Staged(target=file, part=part.file, within=within)


@contextmanager
def whole_file(
    file: Path, *, within: Path | None = None, mode: int | None = None, flush: bool = False
) -> Iterator[BinaryIO]:
    """Write a file in the block; it is there at the end of it, or what was there before still is.

    ``mode`` are the permission bits; else they stay those of the old file, or those that the umask
    leaves. Folders on the way are made; ``flush`` waits for the disk. Raises `UnsafePlace` if the
    place or a folder of it is a link, and what the system raises, `OSError` for a full disk too.
    """
    with reached(file, within, make=True) as target:
        before = target.status()
        refuse_link(target, before)
        part = _part_of(target)
        with _written(part, target, before, mode=mode, flush=flush) as stream:
            yield stream
        try:
            part.replace(target)
        except BaseException as error:
            _give_up(part, file, error)
            raise


def _part_of(target: Place) -> Place:
    """A name of its own beside a file, for what is half written."""
    return target.beside(f".{target.file.name[:100]}.{secrets.token_hex(4)}{PART}")


@contextmanager
def _written(
    part: Place,
    target: Place,
    before: os.stat_result | None,
    *,
    mode: int | None,
    flush: bool,
) -> Iterator[BinaryIO]:
    """Write the part in the block; it is gone if that fails."""
    try:
        descriptor = part.open(
            os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE if mode is None else PRIVATE
        )
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            if flush:
                os.fsync(stream.fileno())
            bits = mode
            if bits is None and before is not None and stat.S_ISREG(before.st_mode):
                bits = stat.S_IMODE(before.st_mode)
            if bits is not None and hasattr(os, "fchmod"):
                os.fchmod(stream.fileno(), bits)
    except BaseException as error:
        _give_up(part, target.file, error)
        raise


def _give_up(part: Place, file: Path, error: BaseException) -> None:
    """Remove a part; an error of the system that names it names the file."""
    with suppress(OSError):
        part.unlink()
    if isinstance(error, OSError) and (
        error.filename == part.name or (error.errno in _NO_ROOM and not error.filename)
    ):
        error.filename, error.filename2 = str(file), None


def _flush_folder(folder: int) -> None:
    readable = os.open(".", os.O_RDONLY | FOLDER, dir_fd=folder)
    try:
        os.fsync(readable)
    finally:
        os.close(readable)


def write_file(
    file: Path,
    content: bytes | str,
    *,
    within: Path | None = None,
    mode: int | None = None,
    flush: bool = False,
) -> None:
    """Write a file whole or not at all, as `whole_file` does; a text in UTF-8.

    What UTF-8 cannot hold becomes a question mark.
    """
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    with whole_file(file, within=within, mode=mode, flush=flush) as stream:
        stream.write(data)


def open_file(
    file: Path,
    *,
    within: Path | None = None,
    append: bool = False,
    mode: int = _MODE,
) -> BinaryIO:
    """Open a file that grows while others look at it (a log, a lock), emptied unless ``append``.

    Folders on the way are made, and one that is `PRIVATE` is shut if others could read it. A file
    that has another name (a hard link) keeps its content there: it is made anew, and one that
    would grow is refused. Raises `UnsafePlace` for that, if the place or a folder of it is a link
    or no regular file, and what the system raises.
    """
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | (os.O_APPEND if append else 0)
    with reached(file, within, make=True) as place:
        before = place.status()
        refuse_link(place, before)
        if not append and _has_another_name(before):
            place.unlink()
        try:
            descriptor = place.open(flags, mode)
        except OSError as error:
            if error.errno == errno.ENXIO:  # a pipe that nobody reads
                raise _no_file(file) from error
            raise
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or _has_another_name(status):
        os.close(descriptor)
        raise _another_name(file) if _has_another_name(status) else _no_file(file)
    if hasattr(os, "set_blocking"):
        os.set_blocking(descriptor, True)
    if mode == PRIVATE and hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)
    if not append:
        os.ftruncate(descriptor, 0)
    return os.fdopen(descriptor, "ab" if append else "wb")


def make_folder(folder: Path, *, within: Path | None = None, mode: int = FOLDER_MODE) -> None:
    """Make a folder and those on the way. Raises what `reached` raises."""
    with reached(folder / "any", within or folder.parent, make=True, mode=mode):
        pass


def make_private_folder(folder: Path, *, within: Path | None = None) -> None:
    """Make a folder that nobody else may enter, or shut one of ours that is there.

    Raises what `reached` raises.
    """
    make_folder(folder, within=within)
    with reached(folder / "any", within or folder.parent) as place:
        inside = folder if place.folder is None else "."
        if sys.platform == "win32":
            return  # who may enter is not said by modes there
        if os.stat(inside, dir_fd=place.folder).st_uid == os.geteuid():
            os.chmod(inside, _PRIVATE_FOLDER, dir_fd=place.folder)


def check_place(file: Path, *, within: Path | None = None) -> None:
    """Raise `UnsafePlace` if `whole_file` would; what is absent is no matter. Changes nothing."""
    with suppress(FileNotFoundError, NotADirectoryError), reached(file, within) as place:
        refuse_link(place, place.status())


def _has_another_name(status: os.stat_result | None) -> bool:
    return status is not None and stat.S_ISREG(status.st_mode) and status.st_nlink > 1


def _another_name(file: Path) -> UnsafePlace:
    message = f"{file} has another name (a hard link), so nothing is written there."
    return UnsafePlace(message, next_step="Move it away.")


def _no_file(file: Path) -> UnsafePlace:
    message = f"{file} is no regular file, so nothing is written there."
    return UnsafePlace(message, next_step="Move it away.")
