"""What to call for a tool, as advice: the one place here that names the session for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasker_ci.context import Face


def how_to_install(face: Face, *names: str) -> str:
    """The line that installs these tools."""
    return face.command_line("tools", *(word for name in names for word in ("--tool", name)))
