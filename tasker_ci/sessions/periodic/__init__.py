"""What is looked at once a week, whether anybody changed something or not."""

from __future__ import annotations

from tasker_ci.session import Family

FAMILY = Family(sessions={}, standing="tasker_ci.sessions.periodic.job:schedule_workflow")
