"""Sessions that a project names in its settings, and those of installed packages."""

from __future__ import annotations

from tasker_ci.session import Family

FAMILY = Family(
    sessions={},
    settings={"sessions": "tasker_ci.sessions.own.settings:OWN_SESSIONS"},
    own="tasker_ci.sessions.own.rows:OWN",
    checks="tasker_ci.sessions.own.checks:CHECKS",
)
