"""What a green run of clippy proves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.session import Holds
from tasker_ci.sessions.quality.settings import ClippySettings

if TYPE_CHECKING:
    from tasker_ci.context import Context


def clippy_proves(context: Context) -> Holds:
    """All that it found, but with services, which some build scripts and macros ask."""
    return Holds(outside="services" if context.settings_of(ClippySettings).services else "")
