"""Add to files that another program reads, as the runner of GitHub Actions does."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from tasker_ci.text.file_reading import UnfitFile

if TYPE_CHECKING:
    from pathlib import Path

_MODE = 0o666


def append_text(file: Path, text: str) -> None:
    """Add lines to a file that another program reads (GITHUB_ENV): all of them or none.

    What is there and has no end of line gets one first. ``/dev/stdout`` is written to as well.
    Raises `OSError` with the place, for a pipe that nobody reads too.
    """
    flags = os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    flags |= os.O_RDWR if file.is_file() or not file.exists() else os.O_WRONLY
    try:
        descriptor = os.open(file, flags | getattr(os, "O_NONBLOCK", 0), _MODE)
    except FileNotFoundError as error:
        raise UnfitFile(errno.ENOENT, "its folder does not exist", str(file)) from error
    except OSError as error:
        if error.errno == errno.ENXIO:
            reason = "nobody reads what is written there"
            raise UnfitFile(errno.EINVAL, reason, str(file)) from error
        raise
    with os.fdopen(descriptor, "wb", buffering=0) as stream:
        if hasattr(os, "set_blocking"):
            os.set_blocking(descriptor, True)
        status = os.fstat(descriptor)
        regular = stat.S_ISREG(status.st_mode)
        if regular and status.st_size and not _ends_a_line(descriptor):
            text = "\n" + text
        data = text.encode("utf-8", "replace")
        try:
            while data:
                data = data[stream.write(data) :]
        except OSError as error:
            if regular:
                os.ftruncate(descriptor, status.st_size)
            error.filename = str(file)
            raise


def _ends_a_line(descriptor: int) -> bool:
    os.lseek(descriptor, -1, os.SEEK_END)
    return os.read(descriptor, 1) == b"\n"
