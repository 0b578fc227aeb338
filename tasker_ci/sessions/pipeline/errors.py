"""How the pipeline can fail."""

from __future__ import annotations

from tasker_ci.errors import TaskerCIError


class PipelineFailed(TaskerCIError):
    """At least one session of the pipeline failed."""
