"""What a green run on GitHub has tested, and whether that speaks for the tree at hand."""

from __future__ import annotations

from tasker_ci.session import FORMATS, Family, Session

FAMILY = Family(
    sessions={
        "proof": Session(
            "tasker_ci.sessions.proof.session:proof",
            "Say whether a green run on GitHub has tested this very tree, or keep what a job has.",
            tags=("workflows",),
            runs=FORMATS,
            knows_green_runs=True,
        ),
    },
)
