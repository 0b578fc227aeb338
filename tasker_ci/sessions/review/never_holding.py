"""Conditions that are false in every leg of a job and for every event that starts it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.github.contexts import contexts_of
from tasker_ci.foreign.github.starts import starts_of
from tasker_ci.foreign.github.values import Partial
from tasker_ci.sessions.review.workflow_jobs import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tasker_ci.foreign.github.document import Job, Step
    from tasker_ci.foreign.github.job_run import JobRun
    from tasker_ci.foreign.github.starts import Start
    from tasker_ci.foreign.reading import CiReading
    from tasker_ci.sessions.review.workflow_jobs import JobKey

_SUCCESS = re.compile(r"\bsuccess\s*\(", re.IGNORECASE)
_STATUS = re.compile(r"\b(?:always|success|failure|cancelled)\s*\(", re.IGNORECASE)
_FAILED = re.compile(
    r"(?P<kind>steps|needs)\.(?P<name>[\w-]+)\.(?P<property>outcome|conclusion|result)"
    r"\s*==\s*'(?:failure|cancelled)'"
)
_RUNNER = re.compile(r"\brunner\s*\.")
_IMAGE = re.compile(r"(?:ubuntu|windows|macos)-", re.IGNORECASE)
_MOST_LEGS = 64


@dataclass(frozen=True, kw_only=True)
class DeadCondition:
    """A condition that never holds."""

    job: Job
    step: Step | None
    condition: str
    runs: tuple[JobRun, ...]
    """The legs, each with all that starts it."""
    why: str = ""
    """Where it is no value that makes it false."""


def never_holding(reading: CiReading) -> Iterator[DeadCondition]:
    """Every condition of a job or of one of its steps."""
    by_job: dict[JobKey, list[JobRun]] = defaultdict(list)
    for run in reading.runs:
        by_job[key_of(run.workflow, run.job)].append(run)
    for runs in by_job.values():
        yield from _of_job(runs)


def _of_job(runs: Sequence[JobRun]) -> Iterator[DeadCondition]:
    job = runs[0].job
    started = tuple(replace(run, starts=starts) for run in runs if (starts := _starts(run)))
    if not started or len(started) > _MOST_LEGS:
        return  # where nothing starts the workflow, another rule says so
    if job.condition is not None:
        why = unseen_failure(job.condition, "needs", dict.fromkeys(job.needs))
        if why or all(_never(run, job.condition) for run in started):
            yield DeadCondition(job=job, step=None, condition=job.condition, runs=started, why=why)
            return
    for number, step in enumerate(job.steps):
        condition = step.condition
        if condition is None:
            continue
        before = {each.id: each for each in job.steps[:number] if each.id}
        tolerances = {name: each.continue_on_error for name, each in before.items()}
        why = unseen_failure(condition, "steps", tolerances)
        known = {name: Partial() for name in before}
        if why or all(_never(run, condition, known) for run in started):
            yield DeadCondition(job=job, step=step, condition=condition, runs=started, why=why)


def unseen_failure(condition: str, kind: str, tolerances: Mapping[str, str | None]) -> str:
    """Why a condition that asks for the failure of a step or a job never sees one; "" if it may.

    Without a function such as `always()`, GitHub puts `success() &&` before a condition.
    """
    plain = condition.strip().removeprefix("${{").removesuffix("}}")
    if "||" in plain or _STATUS.search(plain) or "${{" in plain:
        return ""
    for part in plain.split("&&"):
        found = _FAILED.fullmatch(part.strip())
        if found is None or found["kind"] != kind or found["name"] not in tolerances:
            continue
        tolerance = tolerances[found["name"]]
        tolerated = tolerance is not None and tolerance.strip("${} \t").lower() == "true"
        if tolerance is None or (tolerated and found["property"] == "conclusion"):
            what = "step" if kind == "steps" else "job"
            return (
                f"a condition without always() or failure() is false after a failed {what}"
                if tolerance is None
                else f"the conclusion of a {what} with continue-on-error is success"
            )
    return ""


def _starts(run: JobRun) -> tuple[Start, ...]:
    """What starts the outermost workflow, whatever conditions say."""
    outermost = run
    while outermost.caller is not None:
        outermost = outermost.caller
    return starts_of(outermost.workflow)


def _never(run: JobRun, condition: str, steps: Mapping[str, Partial] | None = None) -> bool:
    if _SUCCESS.search(condition):
        return False  # it depends on what comes before
    if _RUNNER.search(condition) and not all(map(_IMAGE.match, run.machine.labels or ("",))):
        return False  # the machine is not known
    return contexts_of(run, steps=steps).holds(condition) is False
