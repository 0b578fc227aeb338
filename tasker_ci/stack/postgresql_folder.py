"""Where a PostgreSQL server of ours lies, and who runs it: root may not, others may not enter."""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import ServiceFailed
from tasker_ci.process import Account
from tasker_ci.stack.runs import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE = "postgresql"
"""What the server's folder is called in the run folder; a link where it has to lie elsewhere."""

_RUN_FOLDER = "run-folder"
"""In a server's folder that lies elsewhere, the file that says whose it is."""

_EVERYBODYS = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - what is made there is made exclusively, under a name that nobody can guess


def server_account() -> Account | None:
    """Who runs the server: None if we may do it ourselves; root may not, PostgreSQL refuses it."""
    if os.geteuid() != 0:
        return None
    import pwd

    for name in ("nobody", "postgres", "daemon"):
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            return Account(user=user.pw_uid, group=user.pw_gid)
    message = "PostgreSQL does not run as root, and this machine has no user `nobody`."
    raise ServiceFailed(message, next_step="Run as another user.")


def place_of(folder: Path) -> Path:
    """Where the server's folder really lies."""
    return (folder / PLACE).resolve()


def make_place(folder: Path, account: Account | None, temporary: Path) -> Path:
    """Make the server's folder, 0700 and owned by its user.

    Nobody but its owner may enter a run folder, so another user's data lies below ``temporary``
    and the run folder has a link to it, made first: what exists is always found from there.
    """
    place = folder / PLACE
    if account is None:
        place.mkdir(mode=0o700)
        return place.resolve()
    if not place.is_symlink():
        where = next((path for path in (temporary, *_EVERYBODYS) if open_to_all(path)), temporary)
        place.symlink_to(where.resolve() / f"{folder.name}-{secrets.token_hex(8)}")
    real = place.readlink()
    real.mkdir(mode=0o700)
    (real / _RUN_FOLDER).write_text(str(folder), encoding="utf-8")
    give(real, account)
    return real


def places_elsewhere(below: Path, temporary: Path | None = None) -> dict[Path, Path]:
    """The servers' folders that lie elsewhere, of runs below a folder, each with its run folder.

    They are found although the run folder, which has the link to them, is gone (`cargo clean`).
    """
    found = {}
    for where in {temporary or Path(tempfile.gettempdir()), *_EVERYBODYS}:
        for real in where.glob(f"{PREFIX}*"):
            with suppress(OSError, UnicodeDecodeError):
                folder = Path((real / _RUN_FOLDER).read_text(encoding="utf-8"))
                if folder.is_relative_to(below) and real.name.startswith(f"{folder.name}-"):
                    found[real] = folder
    return found


def remove_place(folder: Path) -> None:
    """Remove the server's folder with everything in it, and what a killed server left in memory."""
    place = folder / PLACE
    remove_server_files(place.readlink() if place.is_symlink() else place)
    place.unlink(missing_ok=True)


def remove_server_files(real: Path) -> None:
    """The same by where the folder really lies."""
    _remove_shared_memory(real / "data")
    shutil.rmtree(real, ignore_errors=True)
    if real.exists():
        shutil.rmtree(real)  # once more, and say what hinders it


def place_elsewhere(directory: Path, run: str) -> Path | None:
    """The folder of a run's server outside of its run folder, if ``directory`` lies in one.

    So it is found from a server that works there when the run folder is gone.
    """
    folders = (directory, *directory.parents)
    return next((each for each in folders if each.name.startswith(f"{run}-")), None)


def temporary_folder(environment: Mapping[str, str]) -> Path:
    """The folder for temporary files of a process with ``environment``."""
    given = Path(environment.get("TMPDIR", ""))
    return given if given.is_absolute() and given.is_dir() else Path(tempfile.gettempdir())


def open_to_all(path: Path) -> bool:
    """Whether every user may enter a folder, or start a program, by its path."""
    path = path.resolve()
    try:
        return all(step.stat().st_mode & 0o001 for step in (path, *path.parents))
    except OSError:
        return False


def give(path: Path, account: Account | None) -> None:
    """Make ``account`` the owner of a file or folder; nothing if that is we."""
    if account is not None:
        os.chown(path, account.user, account.group)


def _remove_shared_memory(data: Path) -> None:
    """Remove the segment with which a server guards its folder; a SIGKILL leaves it behind.

    The pid file names its key and its id; both must still belong together.
    """
    try:
        line = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[6]
        key, identifier = (int(word) for word in line.split())
    except (OSError, UnicodeDecodeError, ValueError, IndexError):
        return
    with suppress(AttributeError, OSError):
        system = ctypes.CDLL(None)
        if system.shmget(ctypes.c_int(key), ctypes.c_size_t(0), 0) == identifier:
            system.shmctl(identifier, 0, None)  # 0 is IPC_RMID on Linux and on macOS
