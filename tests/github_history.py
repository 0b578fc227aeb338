"""Runs and jobs as GitHub's API gives them, made by tests: every time is seconds after NOON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

Row = dict[str, Any]


def at(seconds: float | None) -> str | None:
    """A time as GitHub writes it."""
    return None if seconds is None else f"{NOON + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def run(number: int, conclusion: str | None = "success", **more: Any) -> Row:
    """A run; by default one an hour, of ci.yml on main, over at its first attempt.

    What is personal or long in a real response is there too: it must not be kept.
    """
    return {
        "id": 1000 + number,
        "name": "CI",
        "node_id": "WFR_x",
        "head_branch": "main",
        "head_sha": "a" * 40,
        "path": ".github/workflows/ci.yml",
        "display_title": "a private title",
        "run_number": number,
        "event": "push",
        "status": "completed" if conclusion else "in_progress",
        "conclusion": conclusion,
        "workflow_id": 77,
        "run_attempt": 1,
        "created_at": at(3600 * number),
        "run_started_at": at(3600 * number),
        "updated_at": at(3600 * number + 86_400),
        "actor": {"login": "a-person", "id": 5},
        "triggering_actor": {"login": "a-person", "id": 5},
        "head_commit": {"author": {"name": "A Person", "email": "person@example.org"}},
        "repository": {"id": 1, "full_name": "octo/spoon"},
        "head_repository": {"id": 1, "full_name": "octo/spoon"},
        **more,
    }


def job(
    name: str,
    start: float | None,
    end: float | None,
    *,
    queued: float | None = None,
    conclusion: str | None = "success",
    of: int = 1,
    attempt: int = 1,
    steps: list[Row] | None = None,
    **more: Any,
) -> Row:
    """A job from ``start`` to ``end``, created ``queued`` seconds before its start."""
    created = None if queued is None or start is None else start - queued
    return {
        "id": abs(hash((of, attempt, name, start))) % 10**12,
        "run_id": 1000 + of,
        "run_attempt": attempt,
        "name": name,
        "status": "completed" if conclusion else "in_progress",
        "conclusion": conclusion,
        "created_at": at(created),
        "started_at": at(start),
        "completed_at": at(end),
        "labels": ["ubuntu-24.04"],
        "runner_id": 7,
        "runner_name": "machine-of-a-person",
        "steps": [step("work", start, end)] if steps is None else steps,
        **more,
    }


def step(
    name: str, start: float | None, end: float | None, conclusion: str | None = "success"
) -> Row:
    """A step of a job."""
    return {
        "name": name,
        "number": 1,
        "status": "completed",
        "conclusion": conclusion,
        "started_at": at(start),
        "completed_at": at(end),
    }


def skipped(name: str, when: float, *, of: int = 1) -> Row:
    """A job that a condition left out: GitHub gives it times all the same."""
    return job(name, when, when, conclusion="skipped", of=of, steps=[], runner_id=None, labels=[])
