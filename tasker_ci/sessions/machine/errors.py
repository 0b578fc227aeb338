"""How doctor can fail."""

from __future__ import annotations

from tasker_ci.errors import TaskerCIError


class DoctorFindings(TaskerCIError):
    """The doctor found something that would make a session fail on this machine."""

    default_exit_code = 3
