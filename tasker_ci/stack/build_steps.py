"""The classic builder's steps: containers without a label, which outlive a build that was ended.

The daemon needs a second or two to notice that the client is gone. Such a container is known by a
name that the build puts into its `/etc/hosts`: nothing else of a build reaches all of its steps and
leaves its cache as it is.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.stack.docker import Docker

_NAME_LABEL = '{{.ID}}\t{{.Label "com.docker.compose.project"}}'
_HOSTS = "{{.Id}}\t{{json .HostConfig.ExtraHosts}}"
_PAUSE_SECONDS = 0.1
_SECONDS = 20.0
"""How long a busy daemon may take to let go of one; where nothing is found it is not waited for."""

_QUIET = 2
"""After so many looks that find nothing there is nothing: a step may just have been on its way."""

_FAILED = 5
"""After so many looks that fail the daemon does not answer. One alone proves nothing: a listing
also fails if any container goes in the middle of it."""


def builder_flags(docker: Docker, run: str) -> tuple[str, ...]:
    """What `docker build` has to be told so that the image is here afterwards and nothing else is.

    The classic builder would leave the container of a step that failed; BuildKit may run in a
    container of its own and keep the image there.
    """
    switched_off = docker.environment.get("DOCKER_BUILDKIT") == "0"
    if switched_off or docker.run("buildx", "version").exit_code:
        return ("--force-rm", "--add-host", f"{run}:127.0.0.1")
    return ("--load",)


def find_steps(docker: Docker, run: str) -> tuple[str, ...]:
    """The containers of steps of a run's builds, by id; raises if the daemon does not answer."""
    listed = docker.text(
        "container", "ls", "--all", "--no-trunc", "--format", _NAME_LABEL, shielded=True
    )
    rows = (line.partition("\t") for line in listed.splitlines())
    strangers = [name for name, _, project in rows if not project]
    if not strangers:
        return ()
    # One that has just been removed makes it fail and leaves the others readable.
    answer = docker.run("container", "inspect", "--format", _HOSTS, *strangers, shielded=True)
    inspected = (line.partition("\t") for line in answer.stdout.splitlines())
    return tuple(name for name, _, hosts in inspected if f'"{run}:' in hosts)


@contextmanager
def without_steps(docker: Docker, run: str) -> Iterator[None]:
    """Remove the steps that a build leaves if something ends it within this block."""
    try:
        yield
    except BaseException:
        _remove_steps(docker, run)
        raise


def _remove_steps(docker: Docker, run: str) -> None:
    end = time.monotonic() + _SECONDS
    quiet = failed = 0
    while quiet < _QUIET and failed < _FAILED and time.monotonic() < end:
        try:
            found = find_steps(docker, run)
            if found:
                docker.run("container", "rm", "--force", "--volumes", *found, shielded=True)
            quiet = 0 if found else quiet + 1
        except TaskerCIError:
            failed += 1
        time.sleep(_PAUSE_SECONDS)
