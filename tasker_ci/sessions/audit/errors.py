"""How the look into the database of advisories can fail."""

from __future__ import annotations

from tasker_ci.errors import CommandFailed, NotChecked, TaskerCIError


class AuditFindings(CommandFailed):
    """The advisory database names a crate of the lock file."""


class AuditDatabaseMissing(TaskerCIError):
    """No advisory database could be fetched and none lies on this machine."""

    default_exit_code = 3


class AuditNotChecked(AuditDatabaseMissing, NotChecked):
    """No advisory database, where settings let the pipeline go on without one."""
