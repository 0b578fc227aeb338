"""What was read of a workflow as plain data: the same from the network, a cache, a recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tasker_ci.sessions.insights.model import COMPLETED
from tasker_ci.sessions.insights.rows import attempt_of, reduced_job, reduced_run, whole

Row = dict[str, Any]
Key = tuple[int, int]
"""A run and the number of an attempt."""


@dataclass(kw_only=True)
class Documents:
    """Runs and jobs by run and attempt, and what the artifacts said; reduced, see `reading`."""

    runs: dict[Key, Row] = field(default_factory=dict)
    jobs: dict[Key, list[Row]] = field(default_factory=dict)
    """Absent: they could not be read. Empty: there was none."""
    evidence: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """What a reader of the figures has to know: whole sentences."""
    _places: dict[Key, dict[int, int]] = field(default_factory=dict, repr=False, compare=False)
    """Where in its list each job is, by its number."""

    def add_run(self, run: Row, *, branch: str = "") -> bool:
        """Take a run; returns whether it was new. One that is over wins over one that was not."""
        number = whole(run.get("id"))
        if not number:
            return False
        key = (number, attempt_of(run))
        known = self.runs.get(key)
        if known is None or known.get("status") != COMPLETED:
            self.runs[key] = reduced_run(run, branch=branch)
        return known is None

    def add_job(self, job: Row, key: Key | None = None) -> bool:
        """Take a job of an attempt, by default the one that it names; returns whether it could.

        One that is over wins over the same that was not.
        """
        run = whole(job.get("run_id"))
        key = key or ((run, attempt_of(job)) if run else None)
        if key is None:
            return False
        jobs = self.jobs.setdefault(key, [])
        places = self._places.setdefault(key, {})
        number = whole(job.get("id"))
        place = places.get(number) if number else None
        if place is None or place >= len(jobs) or jobs[place].get("id") != number:
            if number:
                places[number] = len(jobs)
            jobs.append(reduced_job(job))
        elif jobs[place].get("status") != COMPLETED:
            jobs[place] = reduced_job(job)
        return True
