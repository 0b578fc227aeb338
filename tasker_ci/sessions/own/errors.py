"""What goes wrong with a session of the project's own."""

from __future__ import annotations

from tasker_ci.errors import TaskerCIError


class SessionUnusable(TaskerCIError):
    """A function that cannot be imported, is none, or has parameters that no flag can be.

    Also a name that two packages bring.
    """

    default_exit_code = 2


class OwnSessionFailed(TaskerCIError):
    """A function of the project's own that raised, or ended its process; with its own exit code."""
