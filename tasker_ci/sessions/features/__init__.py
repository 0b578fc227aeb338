"""Combinations of features."""

from __future__ import annotations

from tasker_ci.pipeline import QUALITY
from tasker_ci.session import COMPILES, Family, Holds, Session

FAMILY = Family(
    sessions={
        "features": Session(
            "tasker_ci.sessions.features.session:features",
            "Check each feature alone, or combinations of several (cargo hack).",
            stage="quality",
            only_with="combinations.pipeline",
            tags=("quality",),
            compiles="check",
            needs=("manifest", "compiler", "cargo-hack"),
            runs=COMPILES,
            proves=Holds(),
        ),
    },
    stages=(QUALITY,),
    settings={"combinations": "tasker_ci.sessions.features.settings:CombinationSettings"},
)
