"""How the scan of images can fail."""

from __future__ import annotations

from tasker_ci.errors import TaskerCIError


class VulnerableImage(TaskerCIError):
    """A container image holds something with a known vulnerability."""
