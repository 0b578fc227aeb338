"""The examples of the workspace, built and run."""

from __future__ import annotations

from tasker_ci.session import COMPILES, Family, Session

FAMILY = Family(
    sessions={
        "examples": Session(
            "tasker_ci.sessions.examples.session:examples",
            "Build every example of the workspace, and run those that settings say how.",
            stage="unit",
            tags=("tests",),
            compiles="build",
            needs=("manifest", "compiler", "dependencies"),
            runs=f"examples, {COMPILES}",
            proves="tasker_ci.sessions.examples.proves:examples_prove",
        ),
    },
    settings={"examples": "tasker_ci.sessions.examples.settings:ExamplesSettings"},
)
