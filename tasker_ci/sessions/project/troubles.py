"""What goes wrong with generated files, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.workflows.troubleshooting import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.workflows.inputs import Inputs


def troubles(_: Inputs) -> Iterator[Trouble]:
    """What the handbook says."""
    yield Trouble(
        symptom="The job “Generated files” is red",
        cause="A generated file is not what the settings make: it was edited, the settings "
        "changed, or tasker-ci has another version.",
        step="`tasker-ci sync`, look at the difference, commit. `tasker-ci sync --check` shows it "
        "without writing.",
    )
    yield Trouble(
        symptom="Dependabot bumped an action, and nothing else changed",
        cause="The pins of the generated files belong to tasker-ci; such a change alone passes "
        "with a notice.",
        step="Merge it, then `tasker-ci sync --adopt`: the new pins go into `[pins]` of the "
        "settings, and the next sync keeps them.",
    )
    yield Trouble(
        symptom="You want the old pipeline back",
        cause="`.github/workflows/archived/` has the replaced files and a record of every change.",
        step="`tasker-ci rollback` undoes them byte for byte, and names what you changed since.",
    )
