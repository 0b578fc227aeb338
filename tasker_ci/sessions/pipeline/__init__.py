"""The whole pipeline on one machine."""

from __future__ import annotations

from tasker_ci.session import Family, Session

FAMILY = Family(
    sessions={
        "ci": Session(
            "tasker_ci.sessions.pipeline.session:ci",
            "Run the whole pipeline, independent sessions side by side.",
            walks=True,
            runs="what the sessions of its stages run",
        ),
    },
    settings={
        "ci": "tasker_ci.sessions.pipeline.settings:CiSettings",
        "proven": "tasker_ci.sessions.pipeline.settings:ProvenSettings",
    },
)
