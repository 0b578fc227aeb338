"""The oldest versions that the requirements of the packages allow."""

from __future__ import annotations

from tasker_ci.pipeline import Stage
from tasker_ci.session import COMPILES, Family, Session

FAMILY = Family(
    sessions={
        "minimal-versions": Session(
            "tasker_ci.sessions.minimal_versions.session:minimal_versions",
            "Check the workspace with the oldest versions that its requirements allow.",
            stage="minimal-versions",
            tags=("quality",),
            compiles="minimal-versions",
            needs=("manifest", "compiler"),
            runs=COMPILES,
        ),
    },
    stages=(
        Stage(
            name="minimal-versions",
            file="minimal-versions.yml",
            only_with="minimal-versions.pipeline",
            closed=True,
        ),
    ),
    workflows={"minimal-versions": "tasker_ci.sessions.minimal_versions.job:minimal_workflow"},
    settings={
        "minimal_versions": "tasker_ci.sessions.minimal_versions.settings:MinimalVersionsSettings"
    },
    checks="tasker_ci.sessions.minimal_versions.checks:CHECKS",
)
