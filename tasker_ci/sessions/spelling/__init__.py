"""Misspelled words."""

from __future__ import annotations

from tasker_ci.pipeline import QUALITY
from tasker_ci.session import Family, Holds, Session

FAMILY = Family(
    sessions={
        "spelling": Session(
            "tasker_ci.sessions.spelling.session:spelling",
            "Find misspelled words in all files of the project (typos).",
            stage="quality",
            only_with="spelling.pipeline",
            asked_by="tasker_ci.sessions.spelling.configuration:configuration_file",
            tags=("quality",),
            needs=("typos",),
            proves=Holds(),
        ),
    },
    stages=(QUALITY,),
    settings={"spelling": "tasker_ci.sessions.spelling.settings:SpellingSettings"},
)
