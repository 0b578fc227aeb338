"""What goes wrong with the look into the database of advisories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.workflows.troubleshooting import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.workflows.inputs import Inputs


def troubles(_: Inputs) -> Iterator[Trouble]:
    """What the handbook says."""
    yield Trouble(
        symptom="`audit` says NOT CHECKED, or that there is no database",
        cause="The advisory database could not be fetched. In CI that is an error, so that no "
        "check is lost in silence.",
        step="Run the job again; `audit.database` names a folder for machines without a network.",
    )
    yield Trouble(
        symptom="`audit` is red and nothing in the code changed",
        cause="A new advisory names a crate of Cargo.lock.",
        step="Update the crate, or add an `[[audit.ignore]]` with its reason and a date to look "
        "again.",
    )
