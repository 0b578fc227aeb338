"""Rows of GitHub as they come: reduced, and read with care."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


_LONGEST_NAME = 120
_FIRST_YEAR = 2008
"""Earlier times (0001-01-01) are how some servers say null."""

_MOST_SECONDS = 1e9
_RUN_KEYS = (
    "id",
    "path",
    "workflow_id",
    "workflow_name",
    "event",
    "status",
    "conclusion",
    "run_attempt",
    "created_at",
    "run_started_at",
)
_JOB_KEYS = (
    "id",
    "run_id",
    "run_attempt",
    "status",
    "conclusion",
    "created_at",
    "started_at",
    "completed_at",
    "runner_id",
)
_STEP_KEYS = ("number", "status", "conclusion", "started_at", "completed_at")


def reduced_run(run: Mapping[str, Any], *, branch: str = "") -> dict[str, Any]:
    """What is kept of a run: no person, no message, no URL, no branch but the one asked for.

    ``foreign`` says that it is about a commit of a fork: `branch=main` finds those as well, whose
    `main` is another one.
    """
    kept = {key: run[key] for key in _RUN_KEYS if key in run}
    if branch and run.get("head_branch") == branch:
        kept["head_branch"] = branch
    ours, theirs = (_table(run.get(key)).get("id") for key in ("repository", "head_repository"))
    if run.get("foreign") is True or (ours is not None and theirs is not None and ours != theirs):
        kept["foreign"] = True
    return kept


def reduced_job(job: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a job: not its runner's name, which may be a person's machine."""
    kept = {key: job[key] for key in _JOB_KEYS if key in job}
    kept["name"] = foreign(job.get("name"))
    kept["labels"] = [foreign(label) for label in as_list(job.get("labels"))]
    kept["steps"] = [
        {key: step[key] for key in _STEP_KEYS if key in step} | {"name": foreign(step.get("name"))}
        for step in tables(job.get("steps"))
    ]
    return kept


def foreign(text: Any) -> str:
    """A name that somebody else chose: on one line, not too long, nothing a terminal obeys.

    Among what is not printable are the characters that turn the direction of writing.
    """
    if not isinstance(text, str):
        return ""
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
    return shown if len(shown) <= _LONGEST_NAME else shown[: _LONGEST_NAME - 1] + "…"


def moment(text: Any) -> datetime | None:
    """A time of GitHub's; None for anything else. Without a zone it is UTC."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year >= _FIRST_YEAR else None


def whole(value: Any) -> int | None:
    """A whole number that counts or names something; None for anything else (also true)."""
    return value if type(value) is int and value >= 0 else None


def file_of(run: Mapping[str, Any]) -> str | None:
    """The name of a workflow's file; None where a run (or a workflow) does not say it."""
    path = run.get("path")
    name = PurePosixPath(path.partition("@")[0]).name if isinstance(path, str) else ""
    return foreign(name) or None


def attempt_of(run: Mapping[str, Any]) -> int:
    """The number of an attempt; 1 where it is not said, as before GitHub counted them."""
    return whole(run.get("run_attempt")) or 1


def tables(value: Any) -> list[dict[str, Any]]:
    """The tables of a list; empty for what is no list."""
    return [each for each in as_list(value) if isinstance(each, dict)]


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """A list as it is; empty for anything else."""
    return value if isinstance(value, list) else []


def as_word(value: Any) -> str:
    """A word, made harmless."""
    return foreign(value)


def as_seconds(value: Any) -> float | None:
    """A number of seconds; None for what can be none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < _MOST_SECONDS else None
