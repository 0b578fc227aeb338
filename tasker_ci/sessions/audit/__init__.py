"""Known vulnerabilities of the dependencies."""

from __future__ import annotations

from tasker_ci.pipeline import QUALITY
from tasker_ci.session import Family, Session

FAMILY = Family(
    sessions={
        "audit": Session(
            "tasker_ci.sessions.audit.session:audit",
            "Look up the crates of Cargo.lock in the RustSec advisory database (cargo audit).",
            stage="quality",
            tags=("quality",),
            needs=("cargo", "cargo-audit"),
            proves="tasker_ci.sessions.audit.proves:audit_proves",
        ),
    },
    stages=(QUALITY,),
    settings={"audit": "tasker_ci.sessions.audit.settings:AuditSettings"},
    troubles="tasker_ci.sessions.audit.troubles:troubles",
)
