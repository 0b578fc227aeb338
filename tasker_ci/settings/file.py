"""Where the settings of a project lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS_FILE = ".config/tasker-ci.toml"
"""Where a project keeps its settings, relative to the project root."""


def settings_folder(start: Path, home: Path | None = None) -> Path | None:
    """The nearest folder with settings for a command that runs in ``start``; None for none.

    It is not looked for past a repository's top. The ``.config`` of the user's ``home`` is no
    project's, unless he stands there or home is a repository.
    """
    for folder in (start, *start.parents):
        is_top = (folder / ".git").exists()
        foreign = folder == home and folder != start and not is_top
        if (folder / SETTINGS_FILE).is_file() and not foreign:
            return folder
        if is_top:
            break
    return None
