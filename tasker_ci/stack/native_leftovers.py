"""Stop and remove a native run by what is left of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import ForeignPlace, ServiceFailed
from tasker_ci.stack.native_processes import RECORD, marked, own, recorded
from tasker_ci.stack.native_stops import (
    finish_writers,
    kill_marked,
    stop_database,
    stop_marked,
    stop_services,
)
from tasker_ci.stack.own_places import links_are_foreign, refuse_links
from tasker_ci.stack.postgresql_folder import (
    place_elsewhere,
    places_elsewhere,
    remove_place,
    remove_server_files,
    trusted_place,
)
from tasker_ci.text.file_removing import remove_file

if TYPE_CHECKING:
    from collections.abc import Callable

    import psutil


def stop_leftovers(
    folder: Path,
    *,
    run: str | None = None,
    seconds: float = 3.0,
    origin: Path | None = None,
    temporary: Path | None = None,
    impatient: Callable[[], bool] = lambda: False,
) -> None:
    """Stop and remove whatever there is of a native run, by its run folder alone.

    ``run`` is the folder's name unless given; ``seconds`` is how long the services together, and
    then the database, may take before they are killed, unless somebody becomes ``impatient``;
    ``origin`` is where the run folder lay when
    the run started, if that is another place. What was never written down is found by its
    environment. The record goes last: a call that was cut short is made good by the next one.
    Raises `ServiceFailed` if the data cannot be removed, and `ForeignPlace` if a place that the
    run folder names is not ours: then all the rest has ended.
    """
    run = run or folder.name
    homes = {folder, origin or folder}
    refused: ForeignPlace | None = None
    place: Path | None = None
    try:
        refuse_links(folder, below=folder.parents[2])
        place = trusted_place(folder, homes=homes, temporary=temporary)
    except ForeignPlace as error:
        refused = error
    ours = marked(run, homes=homes)
    elsewhere = {found for each in ours if (found := _works_elsewhere(each, run, temporary))}
    for home in homes:
        elsewhere |= set(places_elsewhere(home, temporary))
    processes = [(entry, own(entry, folder, run, homes=homes)) for entry in recorded(folder)]
    services = [each for entry, each in processes if each and not entry.database]
    stop_services(services, seconds=seconds, impatient=impatient)
    for entry, each in processes:
        if each and entry.database:
            stop_database(each, seconds=seconds, impatient=impatient)
    stop_marked(run, homes=homes, seconds=seconds, impatient=impatient)
    for data in (place, *elsewhere):
        kill_marked(run, homes=homes, data=data)
    finish_writers(run, homes=homes)
    try:
        if refused is None:
            remove_place(folder, homes=homes, temporary=temporary)
            with links_are_foreign():
                remove_file(folder / RECORD, within=folder.parents[2])
        for data in elsewhere:
            remove_server_files(data)
    except OSError as error:
        message = f"The data of {run} cannot be removed: {error}."
        raise ServiceFailed(message, next_step=f"Remove {place or folder} by hand.") from error
    if refused is not None:
        raise refused


def _works_elsewhere(process: psutil.Process, run: str, temporary: Path | None) -> Path | None:
    import psutil

    try:
        return place_elsewhere(Path(process.cwd()), run, temporary)
    except (psutil.Error, OSError):
        return None
