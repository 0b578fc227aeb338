"""Setting a project up, its generated files, and the way back."""

from __future__ import annotations

from tasker_ci.session import Family, Session

FAMILY = Family(
    sessions={
        "init": Session(
            "tasker_ci.sessions.project.init:init",
            "Set up a project: look at it, write noxfile.py, tasks.py and "
            "settings, synchronise once.",
            tags=("generate",),
        ),
        "sync": Session(
            "tasker_ci.sessions.project.sync:sync",
            "Write the workflows and all other generated files from the settings.",
            tags=("generate",),
        ),
        "rollback": Session(
            "tasker_ci.sessions.project.rollback:rollback",
            "Undo init and sync: each file is as it was before. What you changed since is kept.",
            tags=("generate",),
            any_settings=True,
        ),
        "workflows": Session(
            "tasker_ci.sessions.project.workflows:workflows",
            "Check that the generated files are current, and let the linters of "
            "workflows read them.",
            tags=("generate",),
            begins=True,
        ),
    },
    troubles="tasker_ci.sessions.project.troubles:troubles",
)
