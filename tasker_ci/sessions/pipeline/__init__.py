"""The whole pipeline on one machine."""

from __future__ import annotations

from tasker_ci.session import Family, Session

FAMILY = Family(
    sessions={
        "ci": Session(
            "tasker_ci.sessions.pipeline.session:ci",
            "Run the whole pipeline, side by side where sessions do not share a target directory.",
            walks=True,
            runs="what the sessions of its stages run",
        ),
    },
    settings={
        "ci": "tasker_ci.sessions.pipeline.settings:CiSettings",
        "proven": "tasker_ci.sessions.pipeline.settings:ProvenSettings",
    },
)
