"""Folders that keep something of ours: what settings and flags may name, and where they lie."""

from __future__ import annotations

import errno
import os
import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError, UnsafePlace, UsageError
from tasker_ci.process.git_repository import Git
from tasker_ci.rust.cargo_configuration import output_root, target_directory
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.file_reading import UnfitFile, open_to_read
from tasker_ci.text.file_writing import check_place
from tasker_ci.text.foreign import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tasker_ci.context import Context


_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

_TAKEN = frozenset(
    {".cargo", ".config", ".git", ".github", ".hg", ".jj", ".svn", "benches", "examples", "src"}
)
"""Folders that belong to git, to cargo or to the project, whatever lies in them."""

_OF_THE_SYSTEM = tuple(
    Path(f"/{name}")
    for name in ("bin", "boot", "etc", "lib", "lib64", "proc", "sbin", "sys", "System", "usr/bin")
)
"""Whatever lies there, also what is new, somebody's program reads."""

_HEAD_BYTES = 4096
"""What tells a file of ours from another one."""

_OF_GIT = frozenset({".git", ".hg", ".jj", ".svn"})

_MARK = ".gitignore"
"""What lies in every folder that we made."""


def is_closed(error: OSError) -> bool:
    """Whether the place may not be written at all, by permission or because it is read-only."""
    return error.errno in _CLOSED


def kept_within(context: Context, folder: Path) -> Path:
    """What files in one of these folders may not leave, through no link."""
    for top in (context.project_root, _cache(context)):
        if top is not None and folder.is_relative_to(top):
            return top
    directory = target_directory(context.workspace, context.environment)
    return output_root(context.workspace, directory)


def named_place(context: Context, name: str) -> tuple[Path, Path]:
    """A file or folder that a flag names, and the folder that nothing written there may leave.

    In the checkout a link may be one that git brought along, so none is followed there, and git's
    own folder is refused with `UsageError`. Elsewhere the place is the user's own choice.
    """
    place = Path(os.path.normpath(context.directory / name))
    for top in (context.project_root, context.workspace):
        if place.is_relative_to(top):
            if any(part.lower() in _OF_GIT for part in place.relative_to(top).parts):
                raise UsageError(f"{place} belongs to git.", next_step="Name another place.")
            return place, top
    return place, place


def check_output_folder(
    context: Context, folder: Path, flag: str, beginnings: Mapping[str, bytes]
) -> None:
    """Refuse to write into a folder of somebody else's that ``flag`` names: raises `UsageError`.

    ``beginnings`` has what stands near the beginning of each file that is written there: a file of
    such a name with other content stays. Outside of the project the folder has to be new or empty,
    or to hold one of these files; and it is neither the home folder nor one of the system's.
    """
    step = f"Give another folder: {flag} FOLDER"
    if any(each.exists() and not each.is_dir() for each in (folder, *folder.parents)):
        raise UsageError(f"{folder} cannot be made: a file is in its place.", next_step=step)
    for name, beginning in beginnings.items():
        with suppress(FileNotFoundError, NotADirectoryError):
            if not _begins(folder / name, beginning):
                message = f"{folder / name} is there already, and no report of tasker-ci."
                raise UsageError(message, next_step=step)
    if any(folder.is_relative_to(top) for top in (context.project_root, context.workspace)):
        return
    if reason := _against(folder, context.environment.get("HOME", ""), beginnings.keys()):
        example = context.workspace / "target" / "tasker-ci-report"
        raise UsageError(
            f"{folder} is no folder for this: {reason}.",
            next_step=f"Name a new or empty folder, for example {flag} {shlex.quote(str(example))}",
        )


def _against(folder: Path, home: str, ours: Collection[str]) -> str | None:
    """Why a folder outside of the project is not written to, as a clause; None if it may be."""
    real = Path(os.path.realpath(folder))
    if home and real == Path(os.path.realpath(home)):
        return "it is the home folder"
    if real == Path("/") or any(real.is_relative_to(each) for each in _OF_THE_SYSTEM):
        return "it belongs to the system"
    try:
        found = sorted(each.name for each in folder.iterdir())
    except OSError:
        return None  # it is new, or who writes says why it cannot be written
    if not found or any(name in ours for name in found):
        return None
    return f"it holds files that are not ours ({one_line(found[0])})"


def _begins(file: Path, beginning: bytes) -> bool:
    """Whether a file is one that we made; a link is refused where it would be written."""
    try:
        with open_to_read(file) as stream:
            head = stream.read(_HEAD_BYTES)
            return not head or beginning in head
    except (UnfitFile, IsADirectoryError):
        return False


def kept_folders(context: Context, setting: str, folder: str, name: str) -> tuple[Path, Path]:
    """The folder that a setting names, and the one in its place, ``name`` in the target directory.

    Raises `SettingsError` for a folder that is not ours to write and prune in.
    """
    directory = target_directory(context.workspace, context.environment)
    usual = _checked(context, setting, folder)
    return usual, directory / "tasker-ci" / name


def _checked(context: Context, setting: str, folder: str) -> Path:
    """The folder that a setting names, or `SettingsError` with the reason against it."""
    path = Path(os.path.normpath(context.project_root / folder))
    cache = _cache(context)
    if not folder or "\0" in folder:
        raise _refused(setting, folder, "it names no folder")
    if cache is not None and path.is_relative_to(cache) and path != cache:
        parts: tuple[str, ...] = ()
    elif path == context.project_root or not path.is_relative_to(context.project_root):
        raise _refused(setting, folder, f"it does not lie in {context.project_root}")
    else:
        parts = path.relative_to(context.project_root).parts
    if taken := next((part for part in parts if part.lower() in _TAKEN), ""):
        raise _refused(setting, folder, f"`{taken}` belongs to the project")
    try:
        check_place(path / _MARK, within=kept_within(context, path))
    except UnsafePlace as error:
        raise _refused(setting, folder, error.message.rstrip(".")) from error
    except OSError:
        return path  # whoever writes says so
    if parts and (foreign := _foreign(context, path)):
        raise _refused(setting, folder, f"it holds files of the project ({foreign})")
    return path


def _foreign(context: Context, folder: Path) -> str | None:
    """A file of the project in a folder that we did not make; None if there is none."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        return None
    if not names or _MARK in names:
        return None
    code = next((name for name in names if name == "Cargo.toml" or name.endswith(".rs")), None)
    if code:
        return code
    git = Git(runner=context.runner, environment=context.environment, folder=context.project_root)
    tracked = git.answer("ls-files", "-z", "--", str(folder)) or ""
    files = (file for file in tracked.split("\0") if file)
    return next((file for file in files if not file.endswith((".json", ".json.gz"))), None)


def _cache(context: Context) -> Path | None:
    """The user's cache folder, by the variables of the XDG base directory specification."""
    named = context.environment.get("XDG_CACHE_HOME", "")
    home = context.environment.get("HOME", "")
    if named.startswith("/"):
        return Path(named)
    return Path(home) / ".cache" if home.startswith("/") else None


def _refused(setting: str, folder: str, reason: str) -> SettingsError:
    message = f"`{setting}` cannot be {folder!r}: {reason}. tasker-ci writes and prunes there."
    step = f"Name a folder of its own within the project in {SETTINGS_FILE}, or leave it out."
    return SettingsError(message, next_step=step)
