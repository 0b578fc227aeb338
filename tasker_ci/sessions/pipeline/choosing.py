"""What of the pipeline a run of `ci` is about: all, some sessions, or what the last run left."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasker_ci.pipeline import check_known, narrowed
from tasker_ci.sessions.pipeline.last_run import LastRunFile, Remembered, left_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context
    from tasker_ci.pipeline import PlannedSession


@dataclass(frozen=True, kw_only=True)
class ChosenPlan:
    """The sessions that run, and what is remembered of them."""

    plan: tuple[PlannedSession, ...]
    others: int
    """How many sessions of the pipeline do not run."""
    remembered: Remembered | None
    """None in a dry run."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """What `--json` says of the last run."""


def choose(
    context: Context, whole: tuple[PlannedSession, ...], *, only: tuple[str, ...], failed: bool
) -> ChosenPlan:
    """What runs of the ``whole`` pipeline.

    With ``only`` these sessions, with ``failed`` what the last run left, with both what it left of
    these. Raises `UsageError` for a session that the pipeline has not, and without a last run.
    """
    check_known(only, [step.session for step in whole])
    file = LastRunFile.of(context)
    last = file.read() if failed or only else None
    plan = left_of(context, whole, last, time.time()) if failed else whole
    if only:
        plan = narrowed(plan, only)
    running = None if context.dry_run or not plan else (file, whole, plan, last)
    return ChosenPlan(
        plan=plan,
        others=len(whole) - len(plan),
        remembered=Remembered.begin(context, *running) if running else None,
        data={"failed": last.data()} if failed and last else {},
    )
