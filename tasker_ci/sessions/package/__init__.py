"""Whether what would be published builds from its own tarball."""

from __future__ import annotations

from tasker_ci.pipeline import QUALITY
from tasker_ci.session import COMPILES, Family, Session

FAMILY = Family(
    sessions={
        "package": Session(
            "tasker_ci.sessions.package.session:package",
            "Build each package that is published from its own tarball (cargo package).",
            stage="quality",
            only_with="package.pipeline",
            tags=("quality",),
            compiles="check",
            needs=("manifest", "compiler"),
            runs=COMPILES,
        ),
    },
    stages=(QUALITY,),
    settings={"package": "tasker_ci.sessions.package.settings:PackageSettings"},
)
