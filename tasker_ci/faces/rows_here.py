"""The sessions that a face lists: those of the package, and those of the project at hand."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.sessions import ROWS, listed_rows

if TYPE_CHECKING:
    from tasker_ci.session import Rows


def rows_here() -> Rows:
    """The sessions for whoever stands in the current folder; why some are missing is said.

    Nothing of the project is imported.
    """
    try:
        here = Path.cwd()
    except FileNotFoundError:  # the session that is called says so
        return ROWS
    home = os.environ.get("HOME")
    rows = listed_rows(here, Path(home) if home else None)
    for note in rows.notes:
        _warn(note)
    return rows


@cache  # invoke asks several times
def _warn(note: str) -> None:
    from tasker_ci.screen.terminal import make_reporter

    make_reporter(os.environ, as_json=True).warning(note)  # standard output may be completion
