"""The sessions that a face lists: those of the package, and those of the project at hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.sessions import SESSIONS, listed_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.session import Session


def rows_here() -> Mapping[str, Session]:
    """The sessions for whoever stands in the current folder; why some are missing is said.

    Nothing of the project is imported.
    """
    try:
        here = Path.cwd()
    except FileNotFoundError:  # the session that is called says so
        return SESSIONS
    home = os.environ.get("HOME")
    rows = listed_rows(here, Path(home) if home else None)
    if rows.notes:
        from tasker_ci.screen.terminal import make_reporter

        reporter = make_reporter(os.environ, as_json=True)  # standard output may be completion
        for note in rows.notes:
            reporter.warning(note)
    return rows.sessions
