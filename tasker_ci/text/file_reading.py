"""Read files that somebody else wrote: regular files only, and no more of them than fits.

A pipe would hang, ``/dev/zero`` has no end, and a link may lead to either. Every file is opened
without waiting and looked at before anything is read. What is refused is an `OSError` with the
place and the reason, as the system's own refusals are: who names those names these too.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path

MEBIBYTE = 1 << 20

TEXT_BYTES = 16 * MEBIBYTE
"""Settings, manifests, workflows, compose files: what people write is far below."""

SOURCE_BYTES = 64 * MEBIBYTE
"""One file of Rust or SQL: a million lines fit, a data set that is named ``.rs`` does not."""

RECORD_BYTES = 256 * MEBIBYTE
"""What a tool wrote for another one: a lock file, a list of tests, a report."""

_SHORT = MEBIBYTE // 16
"""Most files are shorter."""

_OWN_BYTES = MEBIBYTE
"""No note or record that we write for ourselves is longer."""


class UnfitFile(OSError):
    """A file that is read by nobody: no regular file, or one too large.

    ``strerror`` is the reason in words, as its text is, and ``filename`` the place.
    """

    def __str__(self) -> str:
        return self.strerror or ""


def open_to_read(file: Path, *, most: int | None = None, own: bool = False) -> BufferedReader:
    """Open a regular file of at most ``most`` bytes; ``own`` takes only what this user wrote there.

    That is no link, and no file of another user. Raises `UnfitFile`, `IsADirectoryError` for a
    folder, and what the system raises.
    """
    flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    flags |= getattr(os, "O_NOFOLLOW", 0) if own else 0
    try:
        descriptor = os.open(file, flags)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise UnfitFile(errno.EINVAL, "it is no regular file", str(file)) from error
        raise
    try:
        _check(os.fstat(descriptor), file, most, own=own)
    except BaseException:
        os.close(descriptor)
        raise
    if hasattr(os, "set_blocking"):
        os.set_blocking(descriptor, True)
    return os.fdopen(descriptor, "rb")


def read_bytes(file: Path, *, most: int = TEXT_BYTES, own: bool = False) -> bytes:
    """The content of a regular file of at most ``most`` bytes.

    Raises what `open_to_read` raises, for a file that grows meanwhile too.
    """
    with open_to_read(file, most=most, own=own) as stream:
        content = stream.read(_SHORT)
        if len(content) == _SHORT:  # reading far more at once would reserve it for each file
            content += stream.read(max(most + 1 - _SHORT, 0))
    if len(content) > most:  # files of /proc and /sys have no size
        raise too_large(file, most)
    return content


def read_text(
    file: Path, *, most: int = TEXT_BYTES, encoding: str = "utf-8", errors: str = "strict"
) -> str:
    """The text of a regular file with newlines as they are in Python.

    Raises what `open_to_read` raises, and `UnicodeDecodeError`.
    """
    text = read_bytes(file, most=most).decode(encoding, errors)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_own(file: Path) -> str:
    """The text of a short file that this user wrote, without following a link.

    Raises what `open_to_read` raises, and `UnicodeDecodeError`.
    """
    return read_bytes(file, most=_OWN_BYTES, own=True).decode("utf-8")


def is_gone(path: Path) -> bool:
    """Whether nothing is there; what this user may not see may well be there."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def too_large(file: Path, most: int) -> UnfitFile:
    """The refusal of a file that is larger than any of its kind."""
    size = f"{most // MEBIBYTE} MiB" if most >= MEBIBYTE else f"{most} bytes"
    return UnfitFile(errno.EFBIG, f"it is larger than {size}", str(file))


def _check(status: os.stat_result, file: Path, most: int | None, *, own: bool) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise UnfitFile(errno.EINVAL, f"it is {kind}, no regular file", str(file))
    if own and sys.platform != "win32" and status.st_uid != os.geteuid():
        raise UnfitFile(errno.EPERM, "it belongs to another user", str(file))
    if most is not None and status.st_size > most:
        raise too_large(file, most)


_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
