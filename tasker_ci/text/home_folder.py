"""The user's home and cache folders; `docker run --user 12345` makes a user who has none."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NOWHERE = Path(os.devnull) / "no-home-folder"
"""Stands for a folder that a user without a home does not have: nothing is ever there, and nothing
can be made there. A folder in /tmp would be no substitute, because others could fill it first."""

HOW_TO_GET = "Set HOME or XDG_CACHE_HOME to a folder that this user may write."


def home_folder(environment: Mapping[str, str]) -> Path:
    """The home folder: HOME if it is absolute, else what the system's list of users says.

    `NOWHERE` for a user who has neither.
    """
    for text in (environment.get("HOME", ""), _listed()):
        if Path(text).is_absolute():
            return Path(text)
    return NOWHERE


def cache_folder(environment: Mapping[str, str]) -> Path:
    """The user's folder for caches; XDG_CACHE_HOME counts if it is absolute.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    given = Path(environment.get("XDG_CACHE_HOME", ""))
    if given.is_absolute():
        return given
    if home_folder(environment) == NOWHERE:
        return NOWHERE
    import platformdirs

    try:
        return platformdirs.user_cache_path()
    except RuntimeError:  # it knows the variables of the process alone
        return home_folder(environment) / ".cache"


def _listed() -> str:
    if sys.platform == "win32":
        return os.environ.get("USERPROFILE", "")
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""
