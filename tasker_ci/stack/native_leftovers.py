"""Stop and remove a native run by what is left of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import ServiceFailed
from tasker_ci.stack.native_processes import (
    RECORD,
    kill_marked,
    marked,
    recorded,
    stop_database,
    stop_services,
)
from tasker_ci.stack.postgresql_folder import (
    place_elsewhere,
    place_of,
    places_elsewhere,
    remove_place,
    remove_server_files,
)

if TYPE_CHECKING:
    import psutil


def stop_leftovers(folder: Path, *, run: str = "", seconds: float = 3.0) -> None:
    """Stop and remove whatever there is of a native run, by its run folder alone.

    ``run`` is the folder's name unless given; ``seconds`` is how long the services together, and
    then the database, may take before they are killed. What was never written down is found by its
    environment. The record goes last: a call that was cut short is made good by the next one.
    Raises `ServiceFailed` if the data cannot be removed.
    """
    run = run or folder.name
    data = place_of(folder)
    elsewhere = {place for each in marked(run) if (place := _works_elsewhere(each, run))}
    elsewhere |= set(places_elsewhere(folder))
    entries = recorded(folder)
    stop_services((entry for entry in entries if not entry.database), seconds=seconds)
    for entry in entries:
        if entry.database:
            stop_database(entry, seconds=seconds)
    for place in (data, *elsewhere):
        kill_marked(run, data=place)
    try:
        remove_place(folder)
        for place in elsewhere:
            remove_server_files(place)
        (folder / RECORD).unlink(missing_ok=True)
    except OSError as error:
        message = f"The data of {run} cannot be removed: {error}."
        raise ServiceFailed(message, next_step=f"Remove {data} by hand.") from error


def _works_elsewhere(process: psutil.Process, run: str) -> Path | None:
    import psutil

    try:
        return place_elsewhere(Path(process.cwd()), run)
    except (psutil.Error, OSError):
        return None
