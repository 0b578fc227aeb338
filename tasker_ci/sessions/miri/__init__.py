"""Undefined behaviour, as miri finds it."""

from __future__ import annotations

from tasker_ci.pipeline import Stage
from tasker_ci.session import TESTS, Family, Session

FAMILY = Family(
    sessions={
        "miri": Session(
            "tasker_ci.sessions.miri.session:miri",
            "Run the tests of some packages under miri (cargo miri nextest run).",
            stage="miri",
            tags=("tests",),
            compiles="miri",
            passthrough="nextest",
            needs=("manifest", "compiler", "dependencies", "cargo-nextest"),
            runs=TESTS,
        ),
    },
    stages=(Stage(name="miri", file="test-miri.yml", only_with="miri.pipeline", closed=True),),
    workflows={"miri": "tasker_ci.sessions.miri.job:miri_workflow"},
    settings={"miri": "tasker_ci.sessions.miri.settings:MiriSettings"},
    checks="tasker_ci.sessions.miri.checks:CHECKS",
)
