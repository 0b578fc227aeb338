"""Known vulnerabilities of container images."""

from __future__ import annotations

from tasker_ci.pipeline import Stage
from tasker_ci.session import Family, Session

FAMILY = Family(
    sessions={
        "scan": Session(
            "tasker_ci.sessions.scan.session:scan",
            "Look up what container images hold in a database of known "
            "vulnerabilities (trivy, grype).",
            stage="scan",
            tags=("images",),
            runs="the Dockerfiles of the images that it builds",
            proves="tasker_ci.sessions.scan.proves:scan_proves",
        ),
    },
    stages=(
        Stage(
            name="scan",
            needs=("images",),
            file="scan-images.yml",
            only_with="scan.pipeline",
            closed=True,
        ),
    ),
    checks="tasker_ci.sessions.scan.checks:CHECKS",
    workflows={"scan": "tasker_ci.sessions.scan.job:scan_workflow"},
    settings={"scan": "tasker_ci.sessions.scan.settings:ScanSettings"},
)
