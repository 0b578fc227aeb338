"""Runs of this workflow that GitHub knows: which were full and green, and what their jobs left."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tasker_ci.errors import TaskerCIError
from tasker_ci.pipeline import ORCHESTRATOR
from tasker_ci.sessions.insights.public import Pages, moment, whole
from tasker_ci.sessions.proof.proof import read_proof
from tasker_ci.workflows.kept_proof import BEGINNING, FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.sessions.insights.public import Client
    from tasker_ci.sessions.proof.proof import JobProof

EVENTS = ("merge_group", "push")
_PATH = f".github/workflows/{ORCHESTRATOR}"
_MOST_RUNS = 5
"""So many of one tree are looked at."""
_MOST_BYTES = 64 * 1024
_MOST_HISTORY_BYTES = 32 * 2**20
_HISTORY = "history-"
_BROKEN = (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError, LookupError)

Row = dict[str, Any]


class NotGreen(TaskerCIError):
    """A run does not count; the text is why, as a clause."""


@dataclass(frozen=True, kw_only=True)
class GreenRuns:
    """Asks GitHub for runs of one repository."""

    client: Client
    repository: str
    own_run: str
    now: datetime
    hours: int
    runs_anyway: tuple[str, ...] = ()
    """The names of jobs that run whatever is proven, and may have been skipped."""

    def of_tree(self, tree: str) -> Iterator[Row]:
        """The runs of a tree that were green, the newest first; their jobs are not asked for yet.

        Raises `GitHubFailed`, as all here does.
        """
        left = _MOST_RUNS
        for event in EVENTS:
            for run in self._runs(event):
                if left and self._fits(run, event, tree):
                    left -= 1
                    yield run

    def check_jobs(self, run: Row) -> None:
        """Raises `NotGreen` unless each job of the run ran and was green: none was tolerated."""
        number = run["id"]
        jobs = self._list(f"runs/{number}/attempts/1/jobs?per_page=100", "jobs")
        if not jobs:
            raise NotGreen("its jobs are not known")
        for job in jobs:
            name, conclusion = str(job.get("name")), job.get("conclusion")
            if job.get("status") == "completed" and conclusion == "success":
                continue
            anyway = name.partition(" / ")[0] in self.runs_anyway
            if conclusion != "skipped" or not anyway:
                raise NotGreen(f"its job {name} was {conclusion}")

    def artifacts(self, run: Row) -> Mapping[str, Row]:
        """The artifacts of a run by their names; raises `NotGreen` for two of one name."""
        rows = self._list(f"runs/{run['id']}/artifacts?per_page=100", "artifacts")
        named = {str(row.get("name")): row for row in rows}
        if len(named) != len(rows):
            raise NotGreen("it has two artifacts of one name")
        return named

    def proof(self, artifacts: Mapping[str, Row], run: Row, leg: str) -> JobProof:
        """What the job that ends its names in ``leg`` left; raises `NotGreen`."""
        content = self._files(artifacts.get(BEGINNING + leg), _MOST_BYTES).get(FILE)
        if content is None:
            raise NotGreen(f"its job {leg} left no proof")
        try:
            proof = read_proof(content.decode())
        except (ValueError, RecursionError) as error:
            raise NotGreen(f"the proof of its job {leg} cannot be read") from error
        if (proof.run, proof.attempt, proof.event) != (str(run["id"]), "1", run["event"]):
            raise NotGreen(f"the proof of its job {leg} is of another run")
        return proof

    def history(self, artifacts: Mapping[str, Row], leg: str) -> Mapping[str, bytes]:
        """The records of the job, by the names of their files; empty where there are none."""
        return self._files(artifacts.get(_HISTORY + leg), _MOST_HISTORY_BYTES)

    def _fits(self, run: Row, event: str, tree: str) -> bool:
        """What the list says already: any doubt is a no."""
        commit = _table(run.get("head_commit"))
        homes = [_table(run.get(key)).get("full_name") for key in ("repository", "head_repository")]
        created = moment(run.get("created_at"))
        return (
            whole(run.get("id")) is not None
            and str(run["id"]) != self.own_run
            and str(run.get("path")).partition("@")[0] == _PATH
            and (run.get("event"), run.get("status")) == (event, "completed")
            and (run.get("conclusion"), run.get("run_attempt")) == ("success", 1)
            and homes == [self.repository, self.repository]
            and commit.get("tree_id") == tree
            and commit.get("id") == run.get("head_sha")
            and created is not None
            and self.now - timedelta(hours=self.hours) <= created <= self.now
            and created.astimezone().date() == self.now.astimezone().date()
        )

    def _runs(self, event: str) -> list[Row]:
        since = (self.now - timedelta(hours=self.hours)).astimezone(UTC)
        query = urlencode(
            {
                "event": event,
                "status": "success",
                "created": f">={since:%Y-%m-%dT%H:%M:%SZ}",
                "exclude_pull_requests": "true",
                "per_page": "100",
            }
        )
        runs = self._list(f"workflows/{ORCHESTRATOR}/runs?{query}", "workflow_runs")
        return sorted(runs, key=lambda run: str(run.get("created_at")), reverse=True)

    def _list(self, path: str, key: str) -> list[Row]:
        pages = Pages(client=self.client, cache=None, key=key)
        listed = pages.read(f"{self._base}/{path}", lambda row: row)
        rows = [row for page in listed for row in page]
        if pages.remarks or listed.total != len(rows):
            raise NotGreen(f"not all of the list of {key.replace('_', ' ')} could be read")
        return rows

    def _files(self, artifact: Row | None, most: int) -> dict[str, bytes]:
        """The files of an artifact, by their last names; raises `NotGreen` for a strange one."""
        if artifact is None:
            return {}
        size, number = whole(artifact.get("size_in_bytes")), whole(artifact.get("id"))
        if number is None or size is None or size > most or artifact.get("expired") is not False:
            raise NotGreen(f"its artifact {artifact.get('name')} has expired, or is too large")
        archive = self.client.download(f"{self._base}/artifacts/{number}/zip")
        try:
            with zipfile.ZipFile(io.BytesIO(archive)) as opened:
                if sum(each.file_size for each in opened.infolist()) > most:
                    raise NotGreen(f"its artifact {artifact.get('name')} is too large")
                return {
                    PurePosixPath(each.filename).name: opened.read(each)
                    for each in opened.infolist()
                    if not each.is_dir()
                }
        except _BROKEN as error:
            raise NotGreen(f"its artifact {artifact.get('name')} cannot be read") from error

    @property
    def _base(self) -> str:
        return f"{self.client.api}/repos/{self.repository}/actions"


def _table(value: Any) -> Row:
    return value if isinstance(value, dict) else {}
