"""Formatting, lints and documentation."""

from __future__ import annotations

from tasker_ci.pipeline import QUALITY
from tasker_ci.session import COMPILES, FORMATS, Family, Holds, Session

FAMILY = Family(
    sessions={
        "fmt": Session(
            "tasker_ci.sessions.quality.session:fmt",
            "Check that the code of all members is formatted (cargo fmt).",
            stage="quality",
            tags=("quality",),
            needs=("manifest", "rustfmt"),
            runs=FORMATS,
            proves=Holds(),
        ),
        "clippy": Session(
            "tasker_ci.sessions.quality.session:clippy",
            "Lint all targets, warnings are errors (cargo clippy).",
            stage="quality",
            tags=("quality",),
            compiles="check",
            needs=("manifest", "clippy", "compiler"),
            runs=COMPILES,
            proves="tasker_ci.sessions.quality.proves:clippy_proves",
        ),
        "doc": Session(
            "tasker_ci.sessions.quality.session:doc",
            "Build the documentation, private items too, and count its warnings (cargo doc).",
            stage="quality",
            tags=("quality",),
            compiles="check",
            needs=("manifest", "compiler"),
            runs=COMPILES,
            proves=Holds(),
        ),
    },
    settings={
        "clippy": "tasker_ci.sessions.quality.settings:ClippySettings",
        "doc": "tasker_ci.sessions.quality.settings:DocSettings",
    },
    stages=(QUALITY,),
    troubles="tasker_ci.sessions.quality.troubles:troubles",
)
