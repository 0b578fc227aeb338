"""A workflow's runs on GitHub."""

from __future__ import annotations

from tasker_ci.session import Family, Session

FAMILY = Family(
    sessions={
        "insights": Session(
            "tasker_ci.sessions.insights.session:insights",
            "Say how a workflow does on GitHub: how often green, how long, where the time goes.",
            tags=("insights",),
        ),
    },
    settings={"insights": "tasker_ci.sessions.insights.settings:InsightsSettings"},
)
