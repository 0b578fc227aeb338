"""How the check with the oldest versions can fail."""

from __future__ import annotations

from tasker_ci.errors import CommandFailed


class RequirementTooLow(CommandFailed):
    """A requirement allows a version that does not fit, or does not compile here."""
