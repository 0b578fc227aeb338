"""Whole pipelines that were run on a machine, out of their records, as runs of a workflow.

Without GitHub there are the records that every session leaves. Only `ci` runs all sessions: of one
session alone nothing can be said about a pipeline.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from tasker_ci.sessions.insights.documents import Documents
from tasker_ci.sessions.insights.model import COMPLETED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from tasker_ci.sessions.history.public import Record

WALK = "ci"
"""The session that runs all others."""
MACHINE = "this machine"

_CONCLUSIONS = {
    "passed": "success",
    "failed": "failure",
    "skipped": "skipped",
    "proven": "skipped",
    "not checked": "neutral",
}


def local_documents(records: Iterable[Record], *, branch: str, last: int) -> Documents:
    """The newest pipelines as runs whose jobs are their sessions; none where none was recorded.

    A pipeline that was asked for something else than the newest one is not compared with it. The
    jobs of workflows leave records of single sessions, which are no pipelines.
    """
    by_run: dict[str, list[Record]] = {}
    walks: list[Record] = []
    for record in records:
        if record.session == WALK:
            walks.append(record)
        else:
            by_run.setdefault(record.run, []).append(record)
    walks = [each for each in walks if not branch or each.branch == branch]
    walks.sort(key=lambda each: each.started)
    alike = [each for each in walks if each.title == walks[-1].title]
    documents = Documents()
    for number, walk in enumerate(alike[-last:], start=1):
        _add(documents, number, walk, by_run.get(walk.run, []))
    if len(alike) < len(walks):
        documents.remarks.append(
            f"Pipelines that were asked for something else than `{walks[-1].title}` were left "
            f"out: {len(walks) - len(alike)}."
        )
    if documents.runs:
        documents.remarks.append(
            "These are runs of `ci` on this machine, and their jobs are its sessions: nothing "
            "waited for a runner, and nothing is billed."
        )
    return documents


def _add(documents: Documents, number: int, walk: Record, sessions: Sequence[Record]) -> None:
    conclusion = _CONCLUSIONS.get(walk.status, "")
    documents.add_run(
        {
            "id": number,
            "status": COMPLETED,
            "conclusion": conclusion,
            "run_attempt": 1,
            "created_at": _time(walk.started),
        }
    )
    documents.jobs[number, 1] = []
    for place, record in enumerate(sessions, start=1):
        documents.add_job(_job(place, record), (number, 1))
        if record.tests and record.test_seconds is not None:
            documents.evidence.append(_tests(number, record))
    counts = [each.sccache for each in (walk, *sessions) if each.sccache]
    if counts:
        # Sessions side by side share a server: what the pipeline counted is all of it.
        found = {key: counts[0].get(key) for key in ("hits", "misses")}
        documents.evidence.append({"run_id": number, "kind": "sccache", "name": WALK, **found})


def _job(place: int, record: Record) -> dict[str, Any]:
    return {
        "id": place,
        "name": record.title,
        "status": COMPLETED,
        "conclusion": _CONCLUSIONS.get(record.status, ""),
        "started_at": _time(record.started),
        "completed_at": _time(record.started + timedelta(seconds=record.seconds)),
        "labels": [MACHINE],
    }


def _tests(number: int, record: Record) -> dict[str, Any]:
    ran = [(status, seconds) for status, seconds in record.tests.values() if status != "skipped"]
    return {
        "run_id": number,
        "kind": "tests",
        "name": record.session,
        "tests": len(ran),
        "flaky": sum(status == "flaky" for status, _ in ran) + len(record.flaky),
        "test_seconds": sum(seconds for _, seconds in ran),
        "wall_seconds": record.test_seconds,
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
