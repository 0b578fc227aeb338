"""Turns of tests that run side by side: some leave lying on the machine what others would see.

`ps` and `down --all` look at the runs of every project of this user, because one that was moved or
deleted has no other way to be found. So no test calls them while another has such a run there.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Collection


def whole_machine() -> FileLock:
    """The lock of who looks at the runs of all projects, or leaves one whose folder is gone.

    Whoever has it may take it again.
    """
    name = f"tasker-tests-{os.getuid()}.lock"
    return FileLock(Path(tempfile.gettempdir()) / name, is_singleton=True)


def looks_at_all_projects(argv: Collection[str]) -> bool:
    """Whether a command line of a session looks at the runs of all projects."""
    return "ps" in argv or {"down", "--all"} <= {*argv}
