"""Images of the database that no run of a workspace will ask for again."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.stack.docker import Docker

KEPT_IMAGES = 3
"""So many images of one workspace stay, the one in use among them: for branches back and forth."""

_LABEL = "tasker-ci.database-of"
_TAGGED = "{{json .Metadata.LastTagTime}}"


def label_of(workspace: Path) -> str:
    """The label by which the images of a workspace are found again."""
    return f"{_LABEL}={workspace}"


def remove_old_images(docker: Docker, repository: str, workspace: Path, *, newest: str) -> None:
    """Remove the oldest images that this workspace has built; ``newest`` is in use.

    Never one of another workspace, and Docker refuses to remove what a container is made of. That
    something stays is no error: the next build tries it again.
    """
    with suppress(TaskerCIError):
        listed = docker.text(
            *("image", "ls", "--filter", f"label={label_of(workspace)}"),
            *("--format", "{{.Repository}}:{{.Tag}}", repository),
        )
        others = [name for name in listed.split() if name != newest and "<none>" not in name]
        if len(others) < KEPT_IMAGES:
            return
        # Of images out of the builder's cache the time of creation says nothing.
        times = docker.text("image", "inspect", "--format", _TAGGED, *others).splitlines()
        by_age = sorted(zip(times, others, strict=True), reverse=True)
        for _, name in by_age[KEPT_IMAGES - 1 :]:
            docker.run("image", "rm", name)
