"""Dependencies that nobody uses."""

from __future__ import annotations

from tasker_ci.pipeline import QUALITY
from tasker_ci.session import ASKS, Family, Holds, Session

FAMILY = Family(
    sessions={
        "unused": Session(
            "tasker_ci.sessions.unused.session:unused",
            "Find dependencies that nobody uses (cargo shear).",
            stage="quality",
            only_with="unused.pipeline",
            asked_by="tasker_ci.sessions.unused.settings:configuration_file",
            tags=("quality",),
            needs=("manifest", "cargo-shear"),
            runs=ASKS,
            proves=Holds(),
        ),
    },
    stages=(QUALITY,),
    settings={"unused": "tasker_ci.sessions.unused.settings:UnusedSettings"},
)
