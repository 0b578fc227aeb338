"""How a run of tests can fail."""

from __future__ import annotations

from tasker_ci.errors import TaskerCIError
from tasker_ci.reports.errors import TestsFailed


class NoTestsError(TaskerCIError):
    """A run selected no test at all, which is never a success by accident."""


class TargetEnded(TestsFailed):
    """The process of a test target ended before its tests did, and called that a success."""
