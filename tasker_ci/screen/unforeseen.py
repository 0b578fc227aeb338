"""Exceptions that no session foresaw: a fault of the machine's gets its name, ours a report."""

from __future__ import annotations

import errno
import sys
import tempfile
import traceback

from tasker_ci.errors import AccessError, TaskerCIError
from tasker_ci.process.system_limits import how_to_raise, why_none_starts
from tasker_ci.text.file_reading import UnfitFile

_NO_PERMISSION = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_WRONG_KIND = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP, errno.ENAMETOOLONG)
_BROKEN = tuple(
    getattr(errno, name)
    for name in (
        "EIO",
        "ENODEV",
        "ENOTCONN",
        "ENXIO",
        "EREMOTEIO",
        "ESTALE",
        "ETIMEDOUT",
        "EUCLEAN",
    )
    if hasattr(errno, name)
)
"""A disk that fails, or one of another machine that has gone."""
_LOOP = "Symlink loop from "
_BUSY = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


def access_error(error: Exception) -> AccessError | None:
    """The fault of the machine's behind an exception, whichever file it met; None for any other."""
    limited = why_none_starts(error)
    if limited is not None and getattr(error, "filename", None) is None:
        return AccessError(limited, next_step=how_to_raise(error))
    encoding = sys.getfilesystemencoding()
    if isinstance(error, UnicodeEncodeError) and error.encoding == encoding != "utf-8":
        return _unnamed(encoding)
    if isinstance(error, RuntimeError) and str(error).startswith(_LOOP):
        error = OSError(errno.ELOOP, f"{error}")  # what Python before 3.13 says of it
    if not isinstance(error, OSError):
        return None
    known = {*_NO_PERMISSION, *_NO_ROOM, *_WRONG_KIND, *_BROKEN, *_BUSY}
    if error.errno not in known and not isinstance(error, UnfitFile):
        return None
    step = "Make room; `cargo clean` in the workspace gives back the most."
    if error.errno in _NO_PERMISSION:
        step = "Let this user read and write there; HOME and CARGO_HOME must be the user's own."
    if error.errno in _WRONG_KIND or isinstance(error, UnfitFile):
        step = "Put a file or folder of the right kind there, or move it away."
    if error.errno in _BROKEN:
        step = "Look at that disk, which fails or is gone: `dmesg` and `mount` say more."
    if error.errno in _BUSY:
        step = how_to_raise(error)
    place = f"{error.filename}: " if error.filename else ""
    return AccessError(f"{place}{error.strerror}.", next_step=step)


def check_encoding(folder: str, encoding: str) -> None:
    """Raise `AccessError` if Python cannot name a folder as cargo does, which prints UTF-8.

    Python takes UTF-8 in the locale C, too, unless PYTHONUTF8=0 says otherwise (PEP 540).
    """
    if encoding.replace("-", "").lower() != "utf8" and not folder.isascii():
        raise _unnamed(encoding)


def _unnamed(encoding: str) -> AccessError:
    return AccessError(
        f"Python reads and writes the names of files as {encoding} here, and some have other "
        "letters.",
        next_step="Unset PYTHONUTF8, or set LC_ALL=C.UTF-8.",
    )


def bug_report(error: Exception) -> TaskerCIError:
    """An error for the user out of an exception nobody expected, its traceback in a file."""
    trace = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="tasker-ci-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            log.write(f"Python {sys.version}\n{sys.platform}\n\n{trace}")
        details = f"Details are in {log.name}."
    except OSError:
        details = f"Details:\n{trace}"
    return TaskerCIError(
        f"tasker-ci itself failed ({type(error).__name__}: {error}). {details}",
        next_step="Report it with those details; look through them for secrets first.",
    )
