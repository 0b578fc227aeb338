"""What changes affect."""

from __future__ import annotations

from tasker_ci.session import Family, Session

FAMILY = Family(
    sessions={
        "affected": Session(
            "tasker_ci.sessions.affected.session:affected",
            "Show which packages the changes since a base affect, and why.",
            tags=("tests",),
            needs=("manifest",),
        ),
    },
    settings={"affected": "tasker_ci.sessions.affected.settings:AffectedSettings"},
)
