"""How what writes and checks files can fail."""

from __future__ import annotations

from tasker_ci.errors import TaskerCIError


class StaleFiles(TaskerCIError):
    """Generated files are not what the settings make; ``sync`` writes them."""


class WorkflowFindings(TaskerCIError):
    """A checker of workflows has something to say about generated files."""


class WrongPins(TaskerCIError):
    """A pinned commit is not the one that the tag of its version names."""


class RollbackIncomplete(TaskerCIError):
    """Something is not as it was before: a file was changed since, or cannot be written."""


class UnadoptedPins(TaskerCIError):
    """Generated files carry newer pins, which writing them would take back."""
