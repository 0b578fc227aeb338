"""What goes wrong with services and their image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.workflows.troubleshooting import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.workflows.inputs import Inputs


def troubles(inputs: Inputs) -> Iterator[Trouble]:
    """What the handbook says."""
    settings = inputs.settings.integration
    if any(stage.makes_image for stage in inputs.stages):
        yield Trouble(
            symptom="A warning says that another image stands in for the database's",
            cause="Login, build or push failed; a pull request from a fork may not push.",
            step="Look into “Build and push” of the job. Extensions of yours may be missing in "
            "the public image; then the migrations say so.",
        )
    if settings.services or settings.database.service:
        yield Trouble(
            symptom="A port is taken",
            cause="Another program, or a run that was killed, listens there; the message names "
            "who.",
            step="`nox -s down -- --all` ends what a killed run left; `--ports auto` takes free "
            "ports.",
        )
        yield Trouble(
            symptom="A service does not become healthy",
            cause="It ended, or answers something else than 200 on its health path.",
            step="Its log stands in the artifact whose name begins with “service-logs”, locally "
            "under `target/tasker-ci/logs/`.",
        )
