"""Licences, bans, sources and advisories of the dependencies."""

from __future__ import annotations

from tasker_ci.pipeline import QUALITY
from tasker_ci.session import ASKS, Family, Session

FAMILY = Family(
    sessions={
        "deny": Session(
            "tasker_ci.sessions.deny.session:deny",
            "Check licences, bans, sources and advisories of all dependencies (cargo deny).",
            stage="quality",
            only_with="deny.pipeline",
            asked_by="tasker_ci.sessions.deny.configuration:configuration_file",
            instead_of={"audit": "deny.advisories"},
            tags=("quality",),
            needs=("manifest", "cargo-deny"),
            runs=ASKS,
            proves="tasker_ci.sessions.deny.proves:deny_proves",
        ),
    },
    stages=(QUALITY,),
    settings={"deny": "tasker_ci.sessions.deny.settings:DenySettings"},
)
