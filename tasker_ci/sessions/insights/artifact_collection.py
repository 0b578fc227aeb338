"""The artifacts of first attempts: one list and a few downloads for each run, once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tasker_ci.sessions.insights.artifacts import MOST_BYTES, NotUsable, evidence_of, is_of_use
from tasker_ci.sessions.insights.errors import GitHubFailed, GitHubLimit
from tasker_ci.sessions.insights.losses import Losses
from tasker_ci.sessions.insights.pages import Pages
from tasker_ci.sessions.insights.rows import attempt_of, moment, tables, whole

if TYPE_CHECKING:
    from datetime import datetime

    from tasker_ci.sessions.insights.cache import Cache
    from tasker_ci.sessions.insights.client import Client
    from tasker_ci.sessions.insights.documents import Documents, Row

_FAILURES_IN_A_ROW = 3
_KEYS = ("id", "name", "size_in_bytes", "expired", "created_at")
_SLACK = timedelta(minutes=1)
"""Between the clock of the store and those of the runners."""


@dataclass(kw_only=True)
class ArtifactCollector:
    """Reads what the artifacts of some runs say."""

    client: Client
    cache: Cache
    base: str
    documents: Documents
    stopped: str | None = None
    """Why nothing more is asked; None where it is."""

    def collect(self, runs: list[Row]) -> None:
        """Add to the documents what there is; what there is not is a remark."""
        lost: Counter[str] = Counter()
        losses, in_a_row = Losses(), 0
        for run in runs:
            try:
                self.documents.evidence += self._of_run(run, lost)
                in_a_row = 0
            except GitHubFailed as error:
                losses.add(error)
                in_a_row += 1
                if isinstance(error, GitHubLimit) or in_a_row >= _FAILURES_IN_A_ROW:
                    self.stopped = error.message
        self.documents.remarks += [
            f"Runs whose artifacts could not all be read: {count}. {reason}"
            for count, reason in losses
        ]
        self.documents.remarks += [
            f"Artifacts left out: {count}, because {reason}" for reason, count in lost.items()
        ]

    def _of_run(self, run: Row, lost: Counter[str]) -> list[Row]:
        name = f"evidence {run['id']} {attempt_of(run)}"
        known = self.cache.load(name)
        if isinstance(known, list):
            return tables(known)
        if self.stopped:
            raise GitHubLimit("They were not asked for.")
        pages = Pages(client=self.client, cache=None, key="artifacts")
        listing = pages.read(f"{self.base}/runs/{run['id']}/artifacts?per_page=100", _reduced)
        rows = [row for page in listing for row in page]
        found: list[Row] = []
        for artifact in rows:
            if not _is_of_use(artifact):
                continue
            if reason := self._unfit(artifact, run):
                lost[reason] += 1
            else:
                found += self._evidence(artifact, run, lost)
        self.cache.store(name, found)
        return found

    def _unfit(self, artifact: Row, run: Row) -> str | None:
        """Why an artifact that is of use is left out; None if it is not."""
        if artifact.get("expired") is True:
            return "they have expired."
        if (whole(artifact.get("size_in_bytes")) or 0) > MOST_BYTES:
            return "they are too large."
        if attempt_of(run) > 1 and not self._of_first_attempt(artifact, run["id"]):
            return "they may be of a re-run."
        return None

    def _of_first_attempt(self, artifact: Row, run: int) -> bool:
        """By its time: an artifact names its run, and not the attempt."""
        created = moment(artifact.get("created_at"))
        ends: list[datetime | None] = [
            moment(job.get("completed_at"))
            for job in self.documents.jobs.get((run, 1), [])
            if job.get("conclusion") != "skipped"
        ]
        known = [end for end in ends if end is not None]
        return created is not None and bool(known) and created <= max(known) + _SLACK

    def _evidence(self, artifact: Row, run: Row, lost: Counter[str]) -> list[Row]:
        archive = self.client.download(f"{self.base}/artifacts/{artifact['id']}/zip")
        try:
            return evidence_of(archive, run=run["id"], name=artifact["name"])
        except NotUsable as error:
            lost[f"{error}."] += 1
            return []


def _reduced(artifact: Row) -> Row:
    return {key: artifact[key] for key in _KEYS if key in artifact}


def _is_of_use(artifact: Row) -> bool:
    """Whether it can be asked for, and may say something."""
    name, number = artifact.get("name"), whole(artifact.get("id"))
    return isinstance(name, str) and number is not None and is_of_use(name)
