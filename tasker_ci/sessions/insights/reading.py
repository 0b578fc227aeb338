"""GitHub's JSON, and nothing else, as plain data without personal parts, and as typed values.

Whatever is missing, null or of another type is unknown; a document that is no document of GitHub's
is refused where it comes in.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tasker_ci.sessions.insights.model import (
    FAILURES,
    SUCCESS,
    CompilerCache,
    ReportTimes,
    RunAttempt,
    StepRun,
    TimedJob,
    WorkflowHistory,
    WorkflowRun,
)
from tasker_ci.sessions.insights.rows import (
    as_list,
    as_seconds,
    as_word,
    foreign,
    moment,
    tables,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.sessions.insights.documents import Documents


def history(documents: Documents) -> WorkflowHistory:
    """The typed history out of plain data."""
    numbers: dict[int, set[int]] = {}
    for run_id, number in (*documents.runs, *documents.jobs):
        numbers.setdefault(run_id, set()).add(number)
    runs = [run for key in sorted(numbers) if (run := _run(key, numbers[key], documents))]
    known = {run.id for run in runs}
    evidence = [row for row in tables(documents.evidence) if whole(row.get("run_id")) in known]
    return WorkflowHistory(
        runs=tuple(sorted(runs, key=lambda run: run.created or datetime.min.replace(tzinfo=UTC))),
        caches=tuple(found for row in evidence if (found := _cache(row)) is not None),
        tests=tuple(times for row in evidence if (times := _test_times(row)) is not None),
    )


def _run(run_id: int, numbers: set[int], documents: Documents) -> WorkflowRun | None:
    known = {n: documents.runs[run_id, n] for n in numbers if (run_id, n) in documents.runs}
    if not known:
        return None
    newest = max(known)
    run = known[newest]
    return WorkflowRun(
        id=run_id,
        created=moment(run.get("created_at")),
        status=as_word(run.get("status")),
        conclusion=as_word(run.get("conclusion")),
        newest=newest,
        attempts=tuple(
            RunAttempt(
                number=number,
                status=as_word(known.get(number, {}).get("status")),
                conclusion=as_word(known.get(number, {}).get("conclusion")),
                jobs=_jobs(documents.jobs.get((run_id, number))),
            )
            for number in sorted(numbers)
            if number <= newest
        ),
    )


def _jobs(jobs: Iterable[Mapping[str, Any]] | None) -> tuple[TimedJob, ...] | None:
    return None if jobs is None else tuple(map(_job, jobs))


def _job(job: Mapping[str, Any]) -> TimedJob:
    steps = tuple(
        StepRun(
            name=foreign(step.get("name")),
            conclusion=as_word(step.get("conclusion")),
            started=moment(step.get("started_at")),
            completed=moment(step.get("completed_at")),
        )
        for step in tables(job.get("steps"))
    )
    conclusion = as_word(job.get("conclusion"))
    # A job that was cancelled while it waited has no steps and runner 0 or null.
    unsaid = conclusion == SUCCESS or ("runner_id" not in job and conclusion in FAILURES)
    return TimedJob(
        name=foreign(job.get("name")),
        status=as_word(job.get("status")),
        conclusion=conclusion,
        created=moment(job.get("created_at")),
        started=moment(job.get("started_at")),
        completed=moment(job.get("completed_at")),
        ran=conclusion != "skipped" and bool(steps or whole(job.get("runner_id")) or unsaid),
        labels=tuple(foreign(label) for label in as_list(job.get("labels"))),
        steps=steps,
    )


def _cache(row: Mapping[str, Any]) -> CompilerCache | None:
    run, hits, misses = (whole(row.get(key)) for key in ("run_id", "hits", "misses"))
    if row.get("kind") != "sccache" or run is None or hits is None or misses is None:
        return None
    return CompilerCache(run=run, name=foreign(row.get("name")), hits=hits, misses=misses)


def _test_times(row: Mapping[str, Any]) -> ReportTimes | None:
    run, tests, flaky = (whole(row.get(key)) for key in ("run_id", "tests", "flaky"))
    together, wall = (as_seconds(row.get(key)) for key in ("test_seconds", "wall_seconds"))
    if row.get("kind") != "tests" or run is None or tests is None:
        return None
    if together is None or wall is None:
        return None
    return ReportTimes(
        run=run,
        name=foreign(row.get("name")),
        tests=tests,
        flaky=flaky or 0,
        test_seconds=together,
        wall_seconds=wall,
    )
