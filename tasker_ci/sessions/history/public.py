"""What other families use of the records and reports."""

from __future__ import annotations

from tasker_ci.sessions.history.folders import history_folders
from tasker_ci.sessions.history.job import kept as kept_records
from tasker_ci.sessions.history.record import Record
from tasker_ci.sessions.history.record_folder import History
from tasker_ci.sessions.history.recording import PROVEN, leave_proven, tested_code
from tasker_ci.sessions.history.report_sources import given_reports

__all__ = [
    "PROVEN",
    "History",
    "Record",
    "given_reports",
    "history_folders",
    "kept_records",
    "leave_proven",
    "tested_code",
]
