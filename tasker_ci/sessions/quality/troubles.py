"""What goes wrong with lints and documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.workflows.troubleshooting import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.workflows.inputs import Inputs


def troubles(_: Inputs) -> Iterator[Trouble]:
    """What the handbook says."""
    yield Trouble(
        symptom="`clippy`, `doc` or `unit` do not compile, your own build does",
        cause="The sessions switch on all features of the workspace (setting `features`), and "
        "some exclude each other or need another toolchain.",
        step='Name those that go together: `features = ["a", "b"]`, or `features = "default"`.',
    )
