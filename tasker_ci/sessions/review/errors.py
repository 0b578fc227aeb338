"""How the review can fail."""

from __future__ import annotations

from tasker_ci.errors import TaskerCIError


class ReviewFindings(TaskerCIError):
    """A CI does not do what it seems to do: certain findings of error severity."""
