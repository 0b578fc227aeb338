"""The history of a workflow from GitHub's API, as far as it can be had.

What cannot be read is left out and told: a figure over fewer runs is right, a guess is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from tasker_ci.sessions.insights.artifact_collection import ArtifactCollector
from tasker_ci.sessions.insights.documents import Documents, Key, Row
from tasker_ci.sessions.insights.errors import GitHubFailed, GitHubLimit, GitHubRefused
from tasker_ci.sessions.insights.losses import Losses
from tasker_ci.sessions.insights.model import COMPLETED
from tasker_ci.sessions.insights.pages import PagedList, Pages
from tasker_ci.sessions.insights.rows import (
    attempt_of,
    file_of,
    moment,
    reduced_job,
    reduced_run,
    tables,
)

if TYPE_CHECKING:
    from tasker_ci.sessions.insights.cache import Cache
    from tasker_ci.sessions.insights.client import Client

_MOST_FILTERED = 1000
"""GitHub lists no more runs than that of one filter; `created` opens the next window."""
_MOST_ATTEMPTS = 100
_FAILURES_IN_A_ROW = 3
_GONE = {404, 410}
_MOST_NAMED = 20


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked for."""

    repository: str
    """`owner/name`."""
    workflow: str
    """The name of its file."""
    branch: str
    """Empty: all."""
    last: int
    """How many runs that are over."""


@dataclass(kw_only=True)
class Collector:
    """Reads one workflow."""

    client: Client
    cache: Cache
    question: Question
    documents: Documents = field(default_factory=Documents)
    stopped: str | None = None
    """Why nothing more is asked: only what was read before counts then."""

    def collect(self) -> Documents:
        """All that is known. Raises `GitHubFailed` if not even runs can be listed."""
        self._list_runs()
        runs = self._wanted()
        self._read_jobs(runs)
        if self.client.token or self.stopped:
            ArtifactCollector(
                client=self.client,
                cache=self.cache,
                base=self._base,
                documents=self.documents,
                stopped=self.stopped,
            ).collect(runs)
        else:
            self._remark(
                "Without GITHUB_TOKEN no artifact can be downloaded: there is nothing about "
                "sccache and the times of tests."
            )
        return self.documents

    @property
    def _base(self) -> str:
        return f"{self.client.api}/repos/{self.question.repository}/actions"

    def _remark(self, text: str) -> None:
        self.documents.remarks.append(text)

    def _stop(self, reason: str) -> None:
        self.stopped = reason
        self._remark(f"Not all could be read; what is known from before is used. {reason}")

    # --- the runs ---

    def _list_runs(self) -> None:
        pages = Pages(client=self.client, cache=self.cache, key="workflow_runs")
        try:
            self._list_windows(pages)
        except GitHubFailed as error:
            if not self.documents.runs:
                raise (self._missing(error) or error) from None
            self._stop(f"{error.message} {error.next_step}")
        self.documents.remarks += pages.remarks

    def _missing(self, error: GitHubFailed) -> GitHubRefused | None:
        """The workflows that there are, where the repository has none of that name."""
        if not isinstance(error, GitHubRefused) or error.status not in _GONE:
            return None
        try:
            document = self.client.page(f"{self._base}/workflows?per_page=100").document or {}
        except GitHubFailed:
            return None
        files = map(file_of, tables(document.get("workflows")))
        found = sorted({file for file in files if file is not None})
        if not found or self.question.workflow in found:
            return None
        return GitHubRefused(
            f"{self.question.repository} has no workflow {self.question.workflow}.",
            status=error.status,
            next_step=f"--workflow: one of {', '.join(found[:_MOST_NAMED])}.",
        )

    def _list_windows(self, pages: Pages) -> None:
        url = f"{self._base}/workflows/{quote(self.question.workflow, safe='')}/runs"
        fixed = {"per_page": "100", "exclude_pull_requests": "true"}
        if self.question.branch:
            fixed["branch"] = self.question.branch
        window = ""
        while True:
            filters = {**fixed, "created": window} if window else fixed
            listing = pages.read(f"{url}?{urlencode(filters)}", self._reduced)
            news = self._take(listing)
            more = listing.seen >= _MOST_FILTERED or (listing.total or 0) > listing.seen
            following = self._next_window()
            if self._enough() or not (news and more and following) or following == window:
                return
            window = following

    def _reduced(self, run: Row) -> Row:
        return reduced_run(run, branch=self.question.branch)

    def _take(self, listing: PagedList) -> bool:
        """Take pages until there is enough; returns whether anything on them was new."""
        news, stale = False, 0
        for rows in listing:
            fresh = [self.documents.add_run(row, branch=self.question.branch) for row in rows]
            news = news or any(fresh)
            # New runs push others onto the next page: one page without news is no end.
            stale = 0 if any(fresh) else stale + 1
            if self._enough() or stale >= 2:  # noqa: PLR2004
                break
        return news

    def _over(self) -> list[Row]:
        return [
            run
            for run in self.documents.runs.values()
            if run.get("status") == COMPLETED and not self._of_another_branch(run)
        ]

    def _of_another_branch(self, run: Row) -> bool:
        """Whether it is about the branch of a fork, which only bears the name that was asked for.

        Where all branches are asked for, the runs for pull requests out of forks are part of them.
        """
        return bool(self.question.branch) and run.get("foreign") is True

    def _enough(self) -> bool:
        return len(self._over()) >= self.question.last

    def _next_window(self) -> str:
        """From the oldest run on, which is listed once more: several may be of that second."""
        runs = self.documents.runs.values()
        times = [time for run in runs if (time := moment(run.get("created_at"))) is not None]
        return f"<={min(times):%Y-%m-%dT%H:%M:%SZ}" if times else ""

    def _wanted(self) -> list[Row]:
        """The newest runs that are over, newest first; older ones are dropped."""
        newest = sorted(self._over(), key=age, reverse=True)
        for run in newest[self.question.last :]:
            del self.documents.runs[run["id"], attempt_of(run)]
        forks = [key for key, run in self.documents.runs.items() if self._of_another_branch(run)]
        for key in forks:
            del self.documents.runs[key]
        self.documents.remarks += forks_left_out(len(forks))
        return newest[: self.question.last]

    # --- the attempts and their jobs ---

    def _read_jobs(self, runs: list[Row]) -> None:
        losses, in_a_row = Losses(), 0
        for run in runs:
            try:
                self._read_run(run)
                in_a_row = 0
            except GitHubLimit as error:
                losses.add(error)
                if not self.stopped:
                    self._stop(f"{error.message} {error.next_step}")
            except GitHubFailed as error:
                losses.add(error)
                gone = isinstance(error, GitHubRefused) and error.status in _GONE
                in_a_row = 0 if gone else in_a_row + 1
                if in_a_row >= _FAILURES_IN_A_ROW and not self.stopped:
                    self._stop(f"{in_a_row} runs one after the other could not be read.")
        for count, reason in losses:
            self._remark(f"Runs whose jobs could not all be read: {count}. {reason}")

    def _read_run(self, run: Row) -> None:
        newest = attempt_of(run)
        if newest > _MOST_ATTEMPTS:
            message = f"A run says it has {newest} attempts."
            raise GitHubFailed(message)
        if newest > 1:
            self._read_first_attempt(run["id"])
        for number in range(1, newest + 1):
            self._read_attempt((run["id"], number))

    def _may_ask(self) -> None:
        if self.stopped:
            raise GitHubLimit("They were not asked for.")

    def _read_first_attempt(self, run: int) -> None:
        """How the first attempt ended: the list of runs has the newest alone."""
        name = f"attempt {run} 1"
        known = self.cache.load(name)
        if not isinstance(known, dict):
            self._may_ask()
            page = self.client.page(f"{self._base}/runs/{run}/attempts/1")
            known = self._reduced(page.document or {})
            if known.get("id") != run or attempt_of(known) != 1:
                message = "A first attempt is answered with something else."
                raise GitHubFailed(message)
            if known.get("status") == COMPLETED:
                self.cache.store(name, known)
        self.documents.add_run(known, branch=self.question.branch)

    def _read_attempt(self, key: Key) -> None:
        """The jobs of an attempt that is over; they never change, so they are asked for once."""
        run, number = key
        name = f"jobs {run} {number}"
        known = self.cache.load(name)
        if not isinstance(known, list):
            self._may_ask()
            pages = Pages(client=self.client, cache=None, key="jobs")
            listing = pages.read(
                f"{self._base}/runs/{run}/attempts/{number}/jobs?per_page=100", reduced_job
            )
            known = [row for rows in listing for row in rows]
            ids = {row.get("id") for row in known}
            if pages.remarks or (listing.total is not None and len(ids) != listing.total):
                message = "A list of jobs is not complete."
                raise GitHubFailed(message)
            if all(row.get("status") == COMPLETED for row in known):
                self.cache.store(name, known)
        self.documents.jobs[key] = []
        for row in tables(known):
            self.documents.add_job(row, key)


def forks_left_out(count: int) -> list[str]:
    """What to remark of runs on a fork's branch of the same name; nothing where there is none."""
    return [f"Runs for commits of forks were left out: {count}."] if count else []


def age(run: Row) -> str:
    """What runs are sorted by, oldest first; those without a time are the oldest."""
    time = moment(run.get("created_at"))
    return time.isoformat() if time else ""
