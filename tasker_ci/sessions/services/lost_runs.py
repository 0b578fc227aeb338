"""Runs whose folder is gone: cleaned away, moved or deleted with their project."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import DockerUnavailable
from tasker_ci.text.file_reading import is_gone
from tasker_ci.text.plurals import counted
from tasker_ci.tools.child_environment import child_environment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.context import Context
    from tasker_ci.stack.marked_runs import MarkedRun
    from tasker_ci.stack.run_folder import Run
    from tasker_ci.stack.runs import Runs


def without_folder(context: Context, runs: Runs) -> list[Run]:
    """Runs of this workspace whose folder is gone, but of which something still is there.

    Their folder lay below this target directory (`cargo clean`), or the workspace was moved: then
    a process of the run works in it. A workspace that was deleted belongs to nobody, so its runs
    count here as well. One that was moved away is not this one, which has only its place.
    """
    from tasker_ci.stack.compose import leftover_stacks
    from tasker_ci.stack.marked_runs import marked_runs
    from tasker_ci.stack.postgresql_folder import places_elsewhere, temporary_folder

    origins: dict[str, Path] = {}
    workspaces: dict[str, Path] = {}
    with suppress(DockerUnavailable):
        environment = child_environment(context)
        workspaces |= leftover_stacks(context.runner, environment, context.workspace)
        origins |= {name: _folder_at(place, runs, name) for name, place in workspaces.items()}
    temporary = temporary_folder(context.environment)
    homes = places_elsewhere(runs.folder, temporary).values()
    origins |= {home.name: home for home in homes}
    moved = set()
    for name, found in marked_runs().items():
        here = found.folder.is_relative_to(runs.folder)
        if found.works_outside(context.workspace):
            moved.add(name)
        elif here or found.is_deleted or found.works_in(context.workspace):
            origins[name] = found.folder
    known = {run.name for run in runs.all()} | runs.of_others()
    refused = {each.folder.name for each in runs.refused()}
    return [
        runs.named(name, origin, workspaces.get(name))
        for name, origin in sorted(origins.items())
        if name not in known | moved and not (name in refused and origin == runs.folder / name)
    ]


def _folder_at(workspace: Path, runs: Runs, name: str) -> Path:
    """Where the folder of a run lay when its workspace lay at ``workspace``."""
    with suppress(ValueError):
        return workspace / (runs.folder / name).relative_to(runs.workspace)
    return runs.folder / name


def lost_runs(context: Context, runs: Runs, here: Iterable[Run]) -> list[str]:
    """Runs of other workspaces that are gone from their place, each as a sentence.

    They may have been moved, so they belong to somebody, and are named alone. ``here`` are those
    that `without_folder` has found.
    """
    from tasker_ci.stack.compose_leftovers import lost_stacks
    from tasker_ci.stack.marked_runs import marked_runs

    ours = {run.name for run in (*runs.all(), *here)}
    known = ours | runs.of_others()
    known |= {each.folder.name for each in runs.refused()}
    lost = [
        _lost(context, name, found)
        for name, found in sorted(marked_runs().items())
        if name not in known and is_gone(found.folder)
    ]
    with suppress(DockerUnavailable):
        stacks = lost_stacks(context.runner, child_environment(context))
        again = context.face.command_line("down", "--all")
        lost += [
            f"Containers of the run {name} are there, and its workspace is no longer at {place}. "
            f"Call `{again}` where the project is now, or end them: "
            f"docker compose --project-name {name} down --volumes"
            for name, place in sorted(stacks.items())
            if name not in ours
        ]
    return lost


def _lost(context: Context, name: str, found: MarkedRun) -> str:
    count = counted(len(found.processes), "process", "processes")
    again = context.face.command_line("down", "--all")
    return (
        f"{count} of the run {name} still run, and its folder {found.folder} is gone. Call "
        f"`{again}` where the project is now, or end them: "
        f"kill {' '.join(str(each.pid) for each in found.processes)}"
    )
