"""What of a Compose project is there, and how all of it is removed, with or without its file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandTimedOut, ForeignPlace, StackRemains
from tasker_ci.stack.build_steps import find_steps
from tasker_ci.stack.compose_override import NUMBER_LABEL, RUN_LABEL, WORKSPACE_LABEL
from tasker_ci.stack.docker import docker_client, raise_for
from tasker_ci.stack.own_places import RUN_NAME
from tasker_ci.text.moved_folders import is_same_folder, is_still_there

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.process.command import Runner
    from tasker_ci.stack.docker import Docker

DOWN_SECONDS = 20.0
"""What `docker compose down` gets beyond the time that the services get to stop."""

_PROJECT_LABEL = "com.docker.compose.project"
_ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What Docker has of a project, by id or name."""

    containers: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    images: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def __str__(self) -> str:
        counts = {field.name: len(getattr(self, field.name)) for field in fields(self)}
        return ", ".join(
            f"{count} {name if count > 1 else name[:-1]}" for name, count in counts.items() if count
        )


def find_project(docker: Docker, run: str, workspace: Path) -> Resources:
    """Everything of one run that has our labels: those of the run and of its workspace.

    A project of the same name that somebody else made has none. Not ended by a signal. Raises if
    the daemon does not answer.
    """
    ours = (
        *("--filter", f"label={RUN_LABEL}={run}"),
        *("--filter", f"label={WORKSPACE_LABEL}={workspace}"),
    )
    return Resources(
        containers=(
            *_ids(docker, "container", "ls", "--all", "--quiet", "--no-trunc", *ours),
            *find_steps(docker, run),
        ),
        networks=_ids(docker, "network", "ls", "--quiet", "--no-trunc", *ours),
        volumes=_ids(docker, "volume", "ls", "--quiet", *ours),
        images=_ids(docker, "image", "ls", "--quiet", "--no-trunc", *ours),
    )


def find_strangers(docker: Docker, run: str, ours: Resources) -> Resources:
    """What Compose has of a project of this name without our labels."""
    project = ("--filter", f"label={_PROJECT_LABEL}={run}")

    def others(found: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in found if each not in known)

    return Resources(
        containers=others(
            _ids(docker, "container", "ls", "--all", "--quiet", "--no-trunc", *project),
            ours.containers,
        ),
        networks=others(
            _ids(docker, "network", "ls", "--quiet", "--no-trunc", *project), ours.networks
        ),
        volumes=others(_ids(docker, "volume", "ls", "--quiet", *project), ours.volumes),
    )


def remove_project(docker: Docker, run: str, workspace: Path, *, stop_seconds: int) -> Resources:
    """Remove everything of one run and return what there was; nothing is no error.

    ``workspace`` is the one that the labels name. `docker compose down` goes first, by the
    project's name alone, if all of the project has our labels: it stops in the right order and
    needs no file. What it leaves, or all if it fails or hangs, is removed by hand: containers,
    then networks, volumes, images. No signal ends it; to who is impatient the services get no time
    to stop. Raises `StackRemains` if something stays,
    `ForeignPlace` if the project has something of somebody else, which is left alone, and
    `DaemonUnreachable` if Docker does not answer.
    """
    found = find_project(docker, run, workspace)
    strangers = find_strangers(docker, run, found)
    if not strangers and (found.containers or found.networks or found.volumes):
        hurry = docker.runner.cancellation.impatient
        with suppress(CommandTimedOut):  # what is left is found and removed below
            docker.run(
                *("compose", "--project-name", run, "down", "--volumes", "--remove-orphans"),
                *("--timeout", "0" if hurry else str(stop_seconds)),
                timeout=stop_seconds + DOWN_SECONDS,
                shielded=True,
                cancelled=None if hurry else lambda: docker.runner.cancellation.impatient,
            )
    left = find_project(docker, run, workspace) if found else found
    for _ in range(_ROUNDS):  # a container that was being created when we looked holds its network
        if not left:
            break
        _remove(docker, left)
        left = find_project(docker, run, workspace)
    look = f"Look at them with `docker ps --all --filter label={_PROJECT_LABEL}={run}`."
    if left:
        raise StackRemains(f"Of the run {run} {left} could not be removed.", next_step=look)
    if strangers:
        raise ForeignPlace(
            f"The Compose project {run} has {strangers} without the labels of this workspace's "
            "runs: they are left alone.",
            next_step=look,
        )
    return found


def list_projects(docker: Docker, workspace: Path) -> dict[str, Path]:
    """The runs of a workspace of which Docker has anything, whoever started them.

    Each with the place where the workspace lay then, which its labels name.
    """
    return {
        run: owner.place
        for run, owner in _owners(docker, everything=True).items()
        if is_same_folder(owner.place, owner.number, workspace)
    }


def list_lost(docker: Docker) -> dict[str, Path]:
    """The runs of which Docker has a container, and whose workspace is not where it lay.

    Another folder may lie there now.
    """
    return {
        run: owner.place
        for run, owner in _owners(docker, everything=False).items()
        if not is_still_there(owner.place, owner.number)
    }


_GONE = "no such image"
"""What the client says of an image that somebody removes at the same time."""


@dataclass(frozen=True, kw_only=True)
class _Owner:
    """The workspace of a run as its labels name it."""

    place: Path
    number: str
    """Its `number_of`; "" of what an earlier version started."""


def _owners(docker: Docker, *, everything: bool) -> dict[str, _Owner]:
    """The owner of every run that has a container, or with ``everything`` anything else."""
    names = (RUN_LABEL, WORKSPACE_LABEL, NUMBER_LABEL)
    ours = ("--filter", f"label={RUN_LABEL}")
    row = "\t".join(f'{{{{.Label "{name}"}}}}' for name in names)
    rows = [*_ids(docker, "container", "ls", "--all", *ours, "--format", row)]
    if everything:
        rows += _ids(docker, "network", "ls", *ours, "--format", row)
        rows += _ids(docker, "volume", "ls", *ours, "--format", row)
        images = _ids(docker, "image", "ls", "--quiet", *ours)
        row = "\t".join(f'{{{{index .Config.Labels "{name}"}}}}' for name in names)
        rows += _of_images(docker, row, images) if images else ()
    found = {}
    for run, place, number in (f"{each}\t\t".split("\t")[:3] for each in rows):
        if RUN_NAME.fullmatch(run):
            found[run] = _Owner(place=Path(place), number=number)
    return found


def _of_images(docker: Docker, row: str, images: tuple[str, ...]) -> list[str]:
    """A row for each image; one that is gone since it was listed has none."""
    arguments = ("image", "inspect", "--format", row, *images)
    answer = docker.run(*arguments, shielded=True)
    if answer.exit_code and _GONE not in answer.stderr.lower():
        raise_for(docker.command(*arguments), answer, docker.environment)
    return answer.stdout.splitlines()


def lost_stacks(runner: Runner, environment: Mapping[str, str]) -> dict[str, Path]:
    """`list_lost` for who has no client yet; raises `DockerUnavailable`."""
    return list_lost(docker_client(runner, environment))


def leftover_stacks(
    runner: Runner, environment: Mapping[str, str], workspace: Path
) -> dict[str, Path]:
    """`list_projects` for who has no client yet; raises `DockerUnavailable`."""
    return list_projects(docker_client(runner, environment), workspace)


def remove_stack(
    runner: Runner,
    environment: Mapping[str, str],
    run: str,
    workspace: Path,
    *,
    stop_seconds: int,
) -> Resources:
    """`remove_project` for who has no client yet."""
    docker = docker_client(runner, environment)
    return remove_project(docker, run, workspace, stop_seconds=stop_seconds)


def _remove(docker: Docker, left: Resources) -> None:
    """One attempt at each; whether it worked is seen afterwards."""
    removals = (
        (("container", "rm", "--force", "--volumes"), left.containers),
        (("network", "rm"), left.networks),
        (("volume", "rm", "--force"), left.volumes),
        (("image", "rm", "--force"), left.images),
    )
    for command, names in removals:
        if names:
            with suppress(CommandTimedOut):
                docker.run(*command, *names, timeout=DOWN_SECONDS, shielded=True)


def _ids(docker: Docker, *arguments: str) -> tuple[str, ...]:
    lines = docker.text(*arguments, shielded=True).splitlines()
    return tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
