"""How examples can fail."""

from __future__ import annotations

from tasker_ci.errors import TaskerCIError


class ExamplesFailed(TaskerCIError):
    """An example does not do what settings expect of it, or nobody validates it."""
