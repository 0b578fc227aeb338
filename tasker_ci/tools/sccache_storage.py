"""sccache's cache on the local disk: make sure that a folder is one, and empty it."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENTRY = re.compile(
    r"(?:preprocessor/)?(?:[0-9a-f]/[0-9a-f]/[0-9a-f]{16,}|(?:[0-9a-f]/){0,2}\.sccache[\w.-]*)"
)
"""``a/b/abc…``: two letters of the key as folders, the key as the file; and what sccache writes on
its way (``.sccache_check``, ``.sccachetmp…``)."""

_FOLDER = re.compile(r"(?:preprocessor(?:/[0-9a-f]){0,2}|[0-9a-f](?:/[0-9a-f])?)")


def foreign_entry(folder: Path) -> Path | None:
    """Return an entry below ``folder`` that sccache did not make, or None if there is none.

    Links are foreign: what they point to is not looked at.
    """
    for path, is_folder in _entries(folder):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (_FOLDER if is_folder else _ENTRY).fullmatch(name):
            return path
    return None


def refuse_foreign(folder: Path) -> None:
    """Raise `TaskerCIError` if anything in ``folder`` is not sccache's."""
    foreign = foreign_entry(folder)
    if foreign is not None:
        message = (
            f"{folder} is not only sccache's: {foreign} does not look like a part of its cache. "
            "Nothing was removed."
        )
        raise TaskerCIError(message, next_step="Look at it, and remove by hand what may go.")


def empty(folder: Path) -> int:
    """Remove all of sccache's cache in ``folder`` and return how many bytes that freed.

    Nothing at all is removed and `TaskerCIError` raised if anything in it is not sccache's.
    """
    refuse_foreign(folder)
    freed = sum(path.stat().st_size for path, is_folder in _entries(folder) if not is_folder)
    try:
        for entry in folder.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        if not folder.is_symlink():
            folder.rmdir()
    except OSError as error:
        message = f"The cache in {folder} cannot be removed: {error.strerror or error}."
        raise TaskerCIError(message, next_step="Check who owns the folder.") from error
    return freed


def _entries(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Everything below ``folder``, with whether it is a folder itself."""

    def raise_unreadable(error: OSError) -> None:
        message = f"The cache in {folder} cannot be read: {error.strerror or error}."
        raise TaskerCIError(message, next_step="Check who owns the folder.") from error

    for parent, folders, files in os.walk(folder, onerror=raise_unreadable):
        yield from ((Path(parent, name), True) for name in folders)
        yield from ((Path(parent, name), False) for name in files)
