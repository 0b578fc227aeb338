"""Remove files and folders of ours, through no link that a checkout put in the way.

Every place is reached as `places` says; ``within`` is the folder that it has to stay in.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from tasker_ci.errors import UnsafePlace
from tasker_ci.text.places import FOLDER, Place, reached, refuse_link

_ROUNDS = 5
"""How often a folder is removed from which others remove as well."""

_MOUNTS = Path("/proc/self/mountinfo")
"""What is mounted where (proc_pid_mountinfo(5)); only Linux has it."""


def remove_file(file: Path, *, within: Path | None = None) -> None:
    """Remove a file that may be there; of a link the name goes. Raises what `reached` raises."""
    with suppress(FileNotFoundError), reached(file, within) as place:
        place.unlink()


def remove_tree(folder: Path, *, within: Path | None = None, last: str | None = None) -> None:
    """Remove a folder that may be there with all in it; links are removed, none is followed.

    The file ``last`` goes after all others, so that it still says whose the folder is when this is
    cut short. Raises `UnsafePlace` if it is a link itself, or what leads to it, or if something is
    mounted in it: that is another folder, which would be emptied. Raises `OSError` as well.
    """
    with suppress(FileNotFoundError):
        _refuse_mounts(folder)
        if last:
            with reached(folder / last, within) as place:
                for name in _names(place):
                    if name != last:
                        _remove(place.beside(name))
        with reached(folder, within) as place:
            refuse_link(place, place.status())
            _remove(place)


def _names(place: Place) -> list[str]:
    """What lies in the folder of a place."""
    if place.folder is None:  # pragma: no cover - Windows
        return [each.name for each in place.file.parent.iterdir()]
    folder = os.open(".", os.O_RDONLY | FOLDER, dir_fd=place.folder)
    try:
        return os.listdir(folder)  # noqa: PTH208 - a path cannot be a descriptor
    finally:
        os.close(folder)


def _remove(place: Place) -> None:
    """Remove what lies there, a folder with all in it."""
    for _ in range(_ROUNDS):
        status = place.status()
        if status is None:
            return
        with suppress(FileNotFoundError):  # somebody else removes some of it as well
            if stat.S_ISDIR(status.st_mode):
                shutil.rmtree(place.name, dir_fd=place.folder)
            else:
                place.unlink()
            return
    raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), str(place.file))


def _refuse_mounts(folder: Path) -> None:
    """Raise `UnsafePlace` if a folder, or one in it, is a place where something is mounted."""
    try:
        table = _MOUNTS.read_bytes()
    except OSError:
        return
    real = os.path.realpath(folder)
    for line in table.splitlines():
        place = os.fsdecode(re.sub(rb"\\([0-7]{3})", _character, line.split(b" ")[4]))
        if place == real or place.startswith(f"{real}{os.sep}"):
            message = f"Something is mounted at {place}, so {folder} is not removed."
            raise UnsafePlace(message, next_step=f"umount '{place}', then call this again.")


def _character(octal: re.Match[bytes]) -> bytes:
    return bytes([int(octal[1], 8)])
