"""The oldest Rust that packages promise to compile with."""

from __future__ import annotations

from tasker_ci.pipeline import Stage
from tasker_ci.session import COMPILES, Family, Session

FAMILY = Family(
    sessions={
        "msrv": Session(
            "tasker_ci.sessions.msrv.session:msrv",
            "Check each package with the very Rust that its manifest promises (cargo check).",
            stage="msrv",
            only_where="tasker_ci.sessions.msrv.promises:promises_anything",
            tags=("quality",),
            compiles="msrv",
            needs=("manifest", "compiler"),
            runs=COMPILES,
            proves="tasker_ci.sessions.msrv.proves:msrv_proves",
        ),
    },
    stages=(Stage(name="msrv", file="msrv.yml", closed=True),),
    workflows={"msrv": "tasker_ci.sessions.msrv.job:msrv_workflow"},
    settings={"msrv": "tasker_ci.sessions.msrv.settings:MsrvSettings"},
    checks="tasker_ci.sessions.msrv.checks:CHECKS",
    troubles="tasker_ci.sessions.msrv.troubles:troubles",
)
