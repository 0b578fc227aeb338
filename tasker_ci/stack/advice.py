"""What to call for a stack, as advice: the one place here that names the sessions for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasker_ci.context import Face


def how_to_start(face: Face) -> str:
    """The line that starts a stack and leaves it running."""
    return face.command_line("up")


def how_to_use(face: Face) -> str:
    """The line that runs the tests on a stack that was kept."""
    return face.command_line("integration", "--attach")


def how_to_end(face: Face, *, every: bool = False) -> str:
    """The line that ends the kept stacks, or with ``every`` whatever is left of any run."""
    return face.command_line("down", *(("--all",) if every else ()))
