"""The shapes in which people keep what GitHub says of runs and jobs, brought into GitHub's own.

Octokit wraps a response, a webhook wraps its subject, and `gh run list --json` and `gh run view
--json` name fields in another way (https://cli.github.com/manual/gh_run_list).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tasker_ci.sessions.insights.rows import tables, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.sessions.insights.documents import Row

_SPACE = re.compile(r"\s*")
_WRAPPERS = ("data", "workflow_run", "workflow_job")
_KNOWN = ("workflow_runs", "runs", "jobs", "evidence", "id", "databaseId")
_CLIENT_RUN = {
    "databaseId": "id",
    "attempt": "run_attempt",
    "number": "run_number",
    "createdAt": "created_at",
    "startedAt": "run_started_at",
    "headBranch": "head_branch",
    "workflowDatabaseId": "workflow_id",
    "workflowName": "workflow_name",
}
_CLIENT_JOB = {"databaseId": "id", "startedAt": "started_at", "completedAt": "completed_at"}


def documents_in(text: str) -> Iterator[Any]:
    """The JSON documents of a text, one after the other; of a list its parts.

    Raises `ValueError` (and `RecursionError`) where there is no JSON.
    """
    decoder, place = json.JSONDecoder(), 0
    while (place := _end_of_space(text, place)) < len(text):
        document, place = decoder.raw_decode(text, place)
        yield from document if isinstance(document, list) else [document]


def _end_of_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def unwrapped(document: Any) -> Iterator[Any]:
    """What is within the wrappers that clients and webhooks put around a document."""
    waiting = [document]
    for _ in range(len(_WRAPPERS) + 1):
        inner = [_inner(each) for each in waiting]
        waiting = [part for each in inner for part in (each if isinstance(each, list) else [each])]
    yield from waiting


def _inner(document: Any) -> Any:
    if not isinstance(document, dict) or any(key in document for key in _KNOWN):
        return document
    found = (document[key] for key in _WRAPPERS if isinstance(document.get(key), dict | list))
    return next(found, document)


def as_of_the_api(document: Row) -> Row:
    """A run or a list of jobs in the words of the API; jobs within a run say of which they are."""
    run = _renamed(document, _CLIENT_RUN) if "databaseId" in document else document
    if not isinstance(run.get("jobs"), list) or not whole(run.get("id")):
        return run
    attempt = whole(run.get("run_attempt"))
    of = {"run_id": run["id"], **({"run_attempt": attempt} if attempt else {})}
    jobs = [
        {
            **of,
            **_renamed(job, _CLIENT_JOB),
            "steps": [_renamed(step, _CLIENT_JOB) for step in tables(job.get("steps"))],
        }
        for job in tables(run["jobs"])
    ]
    return {**run, "jobs": jobs}


def _renamed(row: Row, names: dict[str, str]) -> Row:
    return {names.get(key, key): value for key, value in row.items()}
