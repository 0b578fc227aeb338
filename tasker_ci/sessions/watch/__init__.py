"""Sessions of the pipeline again and again, as files change."""

from __future__ import annotations

from tasker_ci.session import Family, Session

FAMILY = Family(
    sessions={
        "watch": Session(
            "tasker_ci.sessions.watch.session:watch",
            "Run again what a change concerns, whenever files are saved.",
            runs="what the sessions of the pipeline run",
            words="session",
        ),
    },
)
