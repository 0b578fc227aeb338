"""Runs that are known by their living processes alone, and where those work today."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.process.tree import DAEMONS
from tasker_ci.stack.base import FOLDER_MARK, MARK
from tasker_ci.stack.log_writer import WRITER_MARK
from tasker_ci.stack.own_places import RUN_NAME
from tasker_ci.stack.postgresql_folder import place_elsewhere
from tasker_ci.text.file_reading import is_gone

if TYPE_CHECKING:
    import psutil

_SERVERS_PLACE = re.compile(r"/tasker-ci-[0-9a-f]{12}-[0-9a-f]{16}(/|$)")
"""Where PostgreSQL works that lies outside of its workspace."""

_ROOT = "/"
"""Where a process works that needs no folder."""


@dataclass(frozen=True, kw_only=True)
class MarkedRun:
    """A run that is known by its living processes alone."""

    folder: Path
    """Where its run folder is, or was."""
    processes: tuple[psutil.Process, ...]

    @property
    def places(self) -> tuple[Path, ...]:
        """The folders that its processes work in, but for servers outside of the workspace.

        Linux follows a folder that is moved.
        """
        found = (_place(process) for process in self.processes)
        return tuple(
            Path(place)
            for place in found
            if place and place != _ROOT and not _SERVERS_PLACE.search(place)
        )

    @property
    def is_deleted(self) -> bool:
        """Whether its workspace was deleted, not moved: its services work in what is no more."""
        places = self.places
        return is_gone(self.folder) and bool(places) and all(map(is_gone, places))

    def works_outside(self, workspace: Path) -> bool:
        """Whether its workspace was moved away: its folder is gone, and it works elsewhere now."""
        return is_gone(self.folder) and self.is_outside(workspace)

    def is_outside(self, workspace: Path) -> bool:
        """Whether none of its processes works in a workspace, and one works elsewhere."""
        places = [place for place in self.places if not is_gone(place)]
        return bool(places) and not any(place.is_relative_to(workspace) for place in places)

    def works_in(self, workspace: Path) -> bool:
        """Whether its workspace was moved there: its folder is gone, and a process works there."""
        here = any(place.is_relative_to(workspace) for place in self.places)
        return is_gone(self.folder) and here


def marked_runs(below: Path | None = None) -> dict[str, MarkedRun]:
    """The runs of this user's living processes, by name: of root's only what root has started.

    With ``below`` only those whose run folder is, or was, below that folder. Of a process that has
    other file systems than we, as in a container, no path says anything here: it is left out.
    """
    import psutil

    found: dict[str, MarkedRun] = {}
    ours = _file_systems("self")
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            environment = process.environ()
            run, folder = environment.get(MARK, ""), Path(environment.get(FOLDER_MARK, ""))
            here = below is None or folder.is_relative_to(below)
            if WRITER_MARK in environment:
                continue  # it ends by itself, once nobody has anything to say
            if here and RUN_NAME.fullmatch(run) and _is_ours(process, run) and _sees(process, ours):
                before = found[run].processes if run in found else ()
                found[run] = MarkedRun(folder=folder, processes=(*before, process))
    return found


def _is_ours(process: psutil.Process, run: str) -> bool:
    """Whether it is of this user and one that a run may end; another user may have any mark.

    PostgreSQL of a run of root's runs as another user, in a folder that says whose it is.
    """
    if process.uids().real != os.geteuid() and place_elsewhere(Path(process.cwd()), run) is None:
        return False
    return process.name() not in DAEMONS


def _sees(process: psutil.Process, file_systems: str | None) -> bool:
    """Whether a process has these file systems, also where nobody can say."""
    return _file_systems(str(process.pid)) in {file_systems, None}


def _file_systems(process: str) -> str | None:
    """The mount namespace of a process (mount_namespaces(7)); None if it cannot be seen."""
    try:
        return os.readlink(f"/proc/{process}/ns/mnt")  # noqa: PTH115 - it names no path
    except OSError:
        return None


def proves(folder: Path) -> bool:
    """Whether a living process of this user was started by the run of this very folder.

    Of a folder that is gone the workspace has to be gone as well: if it was moved, its processes
    work in the new place, and what names it elsewhere is a copy.
    """
    found = marked_runs().get(folder.name)
    return (
        found is not None and found.folder == folder and (not is_gone(folder) or found.is_deleted)
    )


def works_outside(folder: Path, workspace: Path) -> bool:
    """Whether the processes of the run of a folder work outside of the workspace.

    Then the workspace was moved, and what lies at ``folder`` now is another one's.
    """
    found = marked_runs().get(folder.name)
    return found is not None and found.folder == folder and found.is_outside(workspace)


def _place(process: psutil.Process) -> str | None:
    """Where a process works; None if nobody may see it."""
    import psutil

    try:
        return process.cwd()
    except (psutil.Error, OSError):
        return None
