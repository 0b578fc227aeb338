"""GitHub's JSON, and nothing else, as plain data without personal parts, and as typed values.

Whatever is missing, null or of another type is unknown; a document that is no document of GitHub's
is refused where it comes in.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.sessions.insights.model import (
    FAILURES,
    SUCCESS,
    Attempt,
    CompilerCache,
    History,
    Job,
    Run,
    Step,
    TestTimes,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.sessions.insights.documents import Documents

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
    kept["labels"] = [foreign(label) for label in _list(job.get("labels"))]
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


def history(documents: Documents) -> History:
    """The typed history out of plain data."""
    numbers: dict[int, set[int]] = {}
    for run_id, number in (*documents.runs, *documents.jobs):
        numbers.setdefault(run_id, set()).add(number)
    runs = [run for key in sorted(numbers) if (run := _run(key, numbers[key], documents))]
    known = {run.id for run in runs}
    evidence = [row for row in tables(documents.evidence) if whole(row.get("run_id")) in known]
    return History(
        runs=tuple(sorted(runs, key=lambda run: run.created or datetime.min.replace(tzinfo=UTC))),
        caches=tuple(found for row in evidence if (found := _cache(row)) is not None),
        tests=tuple(times for row in evidence if (times := _test_times(row)) is not None),
    )


def _run(run_id: int, numbers: set[int], documents: Documents) -> Run | None:
    known = {n: documents.runs[run_id, n] for n in numbers if (run_id, n) in documents.runs}
    if not known:
        return None
    newest = max(known)
    run = known[newest]
    return Run(
        id=run_id,
        created=moment(run.get("created_at")),
        status=_word(run.get("status")),
        conclusion=_word(run.get("conclusion")),
        newest=newest,
        attempts=tuple(
            Attempt(
                number=number,
                status=_word(known.get(number, {}).get("status")),
                conclusion=_word(known.get(number, {}).get("conclusion")),
                jobs=_jobs(documents.jobs.get((run_id, number))),
            )
            for number in sorted(numbers)
            if number <= newest
        ),
    )


def _jobs(jobs: Iterable[Mapping[str, Any]] | None) -> tuple[Job, ...] | None:
    return None if jobs is None else tuple(map(_job, jobs))


def _job(job: Mapping[str, Any]) -> Job:
    steps = tuple(
        Step(
            name=foreign(step.get("name")),
            conclusion=_word(step.get("conclusion")),
            started=moment(step.get("started_at")),
            completed=moment(step.get("completed_at")),
        )
        for step in tables(job.get("steps"))
    )
    conclusion = _word(job.get("conclusion"))
    # A job that was cancelled while it waited has no steps and runner 0 or null.
    unsaid = conclusion == SUCCESS or ("runner_id" not in job and conclusion in FAILURES)
    return Job(
        name=foreign(job.get("name")),
        status=_word(job.get("status")),
        conclusion=conclusion,
        created=moment(job.get("created_at")),
        started=moment(job.get("started_at")),
        completed=moment(job.get("completed_at")),
        ran=conclusion != "skipped" and bool(steps or whole(job.get("runner_id")) or unsaid),
        labels=tuple(foreign(label) for label in _list(job.get("labels"))),
        steps=steps,
    )


def _cache(row: Mapping[str, Any]) -> CompilerCache | None:
    run, hits, misses = (whole(row.get(key)) for key in ("run_id", "hits", "misses"))
    if row.get("kind") != "sccache" or run is None or hits is None or misses is None:
        return None
    return CompilerCache(run=run, name=foreign(row.get("name")), hits=hits, misses=misses)


def _test_times(row: Mapping[str, Any]) -> TestTimes | None:
    run, tests, flaky = (whole(row.get(key)) for key in ("run_id", "tests", "flaky"))
    together, wall = (_seconds(row.get(key)) for key in ("test_seconds", "wall_seconds"))
    if row.get("kind") != "tests" or run is None or tests is None:
        return None
    if together is None or wall is None:
        return None
    return TestTimes(
        run=run,
        name=foreign(row.get("name")),
        tests=tests,
        flaky=flaky or 0,
        test_seconds=together,
        wall_seconds=wall,
    )


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


def file_of(run: Mapping[str, Any]) -> str:
    """The name of a workflow's file; "" where a run (or a workflow) does not say it."""
    path = run.get("path")
    return foreign(PurePosixPath(path.partition("@")[0]).name) if isinstance(path, str) else ""


def attempt_of(run: Mapping[str, Any]) -> int:
    """The number of an attempt; 1 where it is not said, as before GitHub counted them."""
    return whole(run.get("run_attempt")) or 1


def tables(value: Any) -> list[dict[str, Any]]:
    """The tables of a list; empty for what is no list."""
    return [each for each in _list(value) if isinstance(each, dict)]


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _word(value: Any) -> str:
    return foreign(value)


def _seconds(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < _MOST_SECONDS else None
