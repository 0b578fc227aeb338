"""How the coverage can fail."""

from __future__ import annotations

from tasker_ci.errors import TaskerCIError


class CoverageTooLow(TaskerCIError):
    """Tests reach less of the code than settings ask for, or nothing was measured."""
