"""What goes wrong with the check with the oldest Rust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.sessions.msrv.promises import promises_anything
from tasker_ci.workflows.troubleshooting import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.workflows.inputs import Inputs


def troubles(inputs: Inputs) -> Iterator[Trouble]:
    """What the handbook says."""
    if not promises_anything(inputs.workspace):
        return
    yield Trouble(
        symptom="`msrv` is red and nothing in the code changed",
        cause="A dependency wants a newer Rust than the `rust-version` that the package promises, "
        "or without a Cargo.lock a newer one was taken.",
        step="Lock an older one (`cargo update NAME --precise VERSION`), or raise `rust-version`.",
    )
    yield Trouble(
        symptom="`msrv` says NOT CHECKED",
        cause="The Rust that a package names is not installed on this machine.",
        step="`tasker-ci msrv --install` gets it, and changes no other toolchain.",
    )
