"""Reports of tests, and how runs develop."""

from __future__ import annotations

from tasker_ci.session import Family, Session

FAMILY = Family(
    sessions={
        "report": Session(
            "tasker_ci.sessions.history.report:report",
            "Show test reports: counts, failures, flaky and slow tests, as a page too.",
            tags=("reports",),
            former_words=("trend",),
        ),
        "trend": Session(
            "tasker_ci.sessions.history.trend_session:trend",
            "Show the history of runs: times, regressions, flaky tests and what changed.",
            tags=("reports",),
        ),
    },
    kept="tasker_ci.sessions.history.job:kept",
    around="tasker_ci.sessions.history.recording:run_recorded",
    settings={"history": "tasker_ci.sessions.history.settings:HistorySettings"},
)
