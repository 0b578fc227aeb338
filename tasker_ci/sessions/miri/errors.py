"""How tests under miri can fail."""

from __future__ import annotations

from tasker_ci.errors import CommandFailed


class MiriFailed(CommandFailed):
    """A test has undefined behaviour, or failed under miri."""
