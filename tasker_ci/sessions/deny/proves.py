"""What a green run of `deny` proves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.session import Holds
from tasker_ci.sessions.deny.settings import DenySettings

if TYPE_CHECKING:
    from tasker_ci.context import Context


def deny_proves(context: Context) -> Holds:
    """All it found; of advisories what was published then."""
    advisories = context.settings_of(DenySettings).advisories
    return Holds(outside="the advisory database that is fetched" if advisories else "")
