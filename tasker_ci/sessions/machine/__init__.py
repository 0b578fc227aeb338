"""The machine: tools, doctor, cache, settings, environment."""

from __future__ import annotations

from tasker_ci.session import Family, Session

FAMILY = Family(
    sessions={
        "tools": Session(
            "tasker_ci.sessions.machine.tools:tools",
            "Find, verify and install the external tools in their pinned versions.",
            tags=("machine",),
            on_request="with `--tool` of a session of the project's own: the command that installs "
            "it",
        ),
        "doctor": Session(
            "tasker_ci.sessions.machine.doctor:doctor",
            "Look for everything that would make a session fail on this machine.",
            tags=("machine",),
        ),
        "cache": Session(
            "tasker_ci.sessions.machine.tools:cache",
            "Show sccache's statistics, or empty its cache.",
            tags=("machine",),
        ),
        "settings": Session(
            "tasker_ci.sessions.machine.configuration:settings",
            "Show the effective settings and where each value came from.",
            tags=("machine",),
        ),
        "env": Session(
            "tasker_ci.sessions.machine.configuration:env",
            "Print the environment that every session runs in.",
            tags=("machine",),
            product=True,
        ),
    },
    kept="tasker_ci.sessions.machine.job:kept",
    troubles="tasker_ci.sessions.machine.troubles:troubles",
)
