"""Where a PostgreSQL server of ours lies, and who runs it: root may not, others may not enter."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import ForeignPlace, ServiceFailed
from tasker_ci.process.command import Account
from tasker_ci.stack.own_places import (
    PREFIX,
    is_folder,
    links_are_foreign,
    owner_of,
    remove_folder,
)
from tasker_ci.stack.shared_memory import remove_segment_of
from tasker_ci.text.file_reading import read_own
from tasker_ci.text.file_removing import remove_file
from tasker_ci.text.file_writing import write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PLACE = "postgresql"
"""What the server's folder is called in the run folder; a link where it has to lie elsewhere."""

_RUN_FOLDER = "run-folder"
"""In a server's folder that lies elsewhere, the file that says whose it is."""

_NAME = re.compile(r"(tasker-ci-[0-9a-f]{12})-[0-9a-f]{16}")
"""What a server's folder that lies elsewhere is called: its run, and what nobody can guess."""

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
    write_file(real / _RUN_FOLDER, str(folder))
    give(real, account)
    return real


def trusted_place(
    folder: Path, *, homes: Iterable[Path] = (), temporary: Path | None = None
) -> Path | None:
    """Where the server's folder of a run lies if it is ours, None if it has none.

    It is a folder of this user in the run folder, or a link to what `make_place` made elsewhere:
    then it has to point back to the run folder, or to one of ``homes``, where that lay before it
    was moved. Raises `ForeignPlace` for everything else: a clone may have any link there.
    """
    place = folder / PLACE
    if not place.is_symlink():
        if not place.exists():
            return None
        if is_folder(place) and owner_of(place) == os.geteuid():
            return place
        raise _foreign(place, f"{place} is no folder of this user")
    real = place.readlink()
    if not real.exists() and not real.is_symlink():
        return None  # it was announced and never made, or is gone
    home = home_of(real, temporary)
    if home is None and _is_unfinished(real, folder.name, temporary):
        return real
    if home is None or home.name != folder.name or home not in {folder, *homes}:
        raise _foreign(place, f"{place} is a link to {real}, which is not PostgreSQL's of this run")
    return real


def home_of(real: Path, temporary: Path | None = None) -> Path | None:
    """The run folder that a server's folder outside of it belongs to; None if it is not ours.

    Ours lies in a folder for temporary files, has a name of ours, belongs to the user whose server
    it is, and says in a file that this user wrote where its run folder is.
    """
    name = _name_of(real, temporary)
    if name is None or owner_of(real) not in _servers_users():
        return None
    try:
        home = Path(read_own(real / _RUN_FOLDER))
    except (OSError, ValueError):
        return None
    return home if home.name == name else None


def _name_of(real: Path, temporary: Path | None) -> str | None:
    """The run that a folder is named after, if it lies where ours lie."""
    known = {where.resolve() for where in _temporary_folders(temporary)}
    name = _NAME.fullmatch(real.name)
    return name[1] if name and real.parent in known and is_folder(real) else None


def _is_unfinished(real: Path, run: str, temporary: Path | None) -> bool:
    """Whether making it was cut short before it said whose it is: then nothing is in it."""
    if _name_of(real, temporary) != run or owner_of(real) != os.geteuid():
        return False
    note = real / _RUN_FOLDER
    return all(each == note and each.lstat().st_size == 0 for each in real.iterdir())


def places_elsewhere(below: Path, temporary: Path | None = None) -> dict[Path, Path]:
    """The servers' folders that lie elsewhere, of runs below a folder, each with its run folder.

    They are found although the run folder, which has the link to them, is gone (`cargo clean`).
    """
    found = {}
    for where in _temporary_folders(temporary):
        for real in where.resolve().glob(f"{PREFIX}*"):
            home = home_of(real, temporary)
            if home is not None and home.is_relative_to(below):
                found[real] = home
    return found


def remove_place(
    folder: Path, *, homes: Iterable[Path] = (), temporary: Path | None = None
) -> None:
    """Remove the server's folder with everything in it, and what a killed server left in memory.

    Raises `ForeignPlace` for one that is not ours, which stays, and `OSError`.
    """
    place, below = folder / PLACE, folder.parents[2]
    real = trusted_place(folder, homes=homes, temporary=temporary)
    if real is not None:
        remove_server_files(real, below=below if real == place else None)
    if place.is_symlink():
        with links_are_foreign():
            remove_file(place, within=below)


def remove_server_files(real: Path, *, below: Path | None = None) -> None:
    """The same by where the folder really lies; it has to be one that is trusted.

    No link is followed ``below`` that folder; by default below the one that it lies in.
    """
    remove_segment_of(real / "data")
    below = real.parent if below is None else below
    try:
        remove_folder(real, below=below)
    except FileNotFoundError:
        remove_folder(real, below=below)  # a server that was ending removed files as well


def place_elsewhere(directory: Path, run: str, temporary: Path | None = None) -> Path | None:
    """The folder of a run's server outside of its run folder, if ``directory`` lies in one of ours.

    So it is found from a server that works there when the run folder is gone.
    """
    folders = (directory, *directory.parents)
    named = (each for each in folders if each.name.startswith(f"{run}-"))
    return next((each for each in named if home_of(each, temporary) is not None), None)


def _temporary_folders(temporary: Path | None) -> set[Path]:
    return {temporary or Path(tempfile.gettempdir()), Path(tempfile.gettempdir()), *_EVERYBODYS}


def _servers_users() -> set[int]:
    """Who may own a server's folder of ours."""
    account = server_account() if os.geteuid() == 0 else None
    return {os.geteuid(), *((account.user,) if account else ())}


def _foreign(place: Path, reason: str) -> ForeignPlace:
    return ForeignPlace(
        f"{reason}: it is not followed, and nothing there is removed.",
        next_step=f"Look at it, and remove the link or file itself: rm '{place}'",
    )


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
