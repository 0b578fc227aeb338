"""How benchmarks can fail."""

from __future__ import annotations

from tasker_ci.errors import TaskerCIError


class BenchmarkSlower(TaskerCIError):
    """A benchmark is worse than before, by more than the noise."""
