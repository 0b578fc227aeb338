"""What goes wrong with sccache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.workflows.troubleshooting import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.workflows.inputs import Inputs


def troubles(inputs: Inputs) -> Iterator[Trouble]:
    """What the handbook says."""
    if inputs.settings.sccache != "off":
        yield Trouble(
            symptom="A warning says that sccache does not answer",
            cause="It did not start or its cache cannot be reached; everything is compiled "
            "without it, slower and right.",
            step="Nothing, if it happens once. `nox -s cache` shows its statistics, "
            '`sccache = "off"` leaves it out.',
        )
