"""How the inventory can fail."""

from __future__ import annotations

from tasker_ci.errors import TaskerCIError


class InventoryFindings(TaskerCIError):
    """Something in the workspace is tested by no session."""
