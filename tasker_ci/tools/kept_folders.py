"""Folders that keep something of ours: what settings and flags may name, and where they lie."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError, UnsafePlace, UsageError
from tasker_ci.process.git_repository import Git
from tasker_ci.rust.cargo_configuration import output_root, target_directory
from tasker_ci.settings.load import SETTINGS_FILE
from tasker_ci.text.file_writing import check_place

if TYPE_CHECKING:
    from tasker_ci.context import Context


_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

_TAKEN = frozenset(
    {".cargo", ".config", ".git", ".github", ".hg", ".jj", ".svn", "benches", "examples", "src"}
)
"""Folders that belong to git, to cargo or to the project, whatever lies in them."""

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


def _foreign(context: Context, folder: Path) -> str:
    """A file of the project in a folder that we did not make; "" if there is none."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        return ""
    if not names or _MARK in names:
        return ""
    code = next((name for name in names if name == "Cargo.toml" or name.endswith(".rs")), "")
    if code:
        return code
    git = Git(runner=context.runner, environment=context.environment, folder=context.project_root)
    tracked = git.answer("ls-files", "-z", "--", str(folder)) or ""
    files = (file for file in tracked.split("\0") if file)
    return next((file for file in files if not file.endswith((".json", ".json.gz"))), "")


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
