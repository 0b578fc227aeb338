"""The session that keeps what a job on GitHub has tested, and finds the run that speaks for a push.

Whatever is not known, does not answer or is not the same means that everything runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import TaskerCIError, UsageError
from tasker_ci.screen.reporter import Table, to_markdown
from tasker_ci.sessions.proof.green_run import EVENTS
from tasker_ci.sessions.proof.proof import JobProof, Unknown, conditions_here
from tasker_ci.sessions.proof.speaking import speaking_run
from tasker_ci.text.file_writing import write_file
from tasker_ci.workflows.kept_proof import KEPT
from tasker_ci.workflows.proven import NO_CACHE, PROVEN, RUN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.sessions.proof.speaking import Speaking

_ALL_HOURS = 24
_EVERYTHING = "no green run is known to have tested this tree: everything runs"
_RECORD = ".json.gz"


def proof(
    context: Context,
    *,
    keep: Annotated[str, "Write into this file what the job at hand has tested."] = "",
    jobs: Annotated[str, "The stages that may be skipped: STAGE=JOB,JOB."] = "",
    caches: Annotated[
        str, "Whether the caches that a stage fills are there: STAGE=true,true."
    ] = "",
    image: Annotated[str | None, "The image of the database, by its digest."] = None,
    carry: Annotated[str, "Put the history of the jobs that are skipped into this folder."] = "",
    hours: Annotated[int, "How old a run may be that counts."] = _ALL_HOURS,
    api: Annotated[str, "The address of the API, for GitHub Enterprise."] = "",
) -> Outcome:
    """Say whether a green run on GitHub has tested this very tree, or keep what a job has.

    The generated workflows call it where `workflows.proven` is set. Only full, green runs of ci.yml
    count, of this repository, on a push or in a merge queue, at their first attempt, of the same
    day: same tree, compilers, image of the database, image of the runner, version of tasker-ci.
    What it cannot know it takes for a no.
    """
    if keep:
        return _kept(context, keep, image)
    legs = _lists(jobs)
    if not legs:
        raise UsageError(
            "Nothing says what is asked: neither --keep nor --jobs is given.",
            next_step="The workflows that `sync` writes with `workflows.proven = true` call it.",
        )
    if context.dry_run:
        context.reporter.line("GET /repos/OWNER/NAME/actions/workflows/ci.yml/runs")
        return Outcome(summary="nothing was asked", status=Status.SKIPPED)
    wanted = tuple(leg for each in legs.values() for leg in each)
    try:
        found = speaking_run(context, wanted, image=image, hours=hours, api=api)
    except TaskerCIError as error:
        context.reporter.line(f"note: {error.message}")
        found = None
    if found is None:
        return Outcome(summary=_EVERYTHING, data={"run": None})
    filled = _lists(caches)
    there = {"true", NO_CACHE}
    skipped = [name for name in legs if there.issuperset(filled.get(name, ("",)))]
    again = [name for name in legs if name not in skipped]
    if carry:
        _carry(context, found, (leg for name in skipped for leg in legs[name]), carry)
    if skipped:
        context.reporter.step_output(RUN, found.address)
    for name in skipped:
        context.reporter.step_output(f"{PROVEN}-{name}", found.address)
    rows = [(name, f"not run: {found.address}") for name in skipped]
    rows += [(name, "runs, to fill a cache") for name in again]
    table = Table(columns=("stage", "this push"), rows=tuple(rows))
    context.reporter.table(table)
    context.reporter.summary(to_markdown(table))
    said = f"{found.address} has tested this tree; not run again: {', '.join(skipped) or 'nothing'}"
    why = f"; run to fill a cache: {', '.join(again)}" if again else ""
    return Outcome(
        summary=said + why, data={"run": found.address, "skipped": skipped, "again": again}
    )


def _kept(context: Context, keep: str, image: str | None) -> Outcome:
    """Without a proof nothing is wrong: the next run does what this one did."""
    given = context.environment
    if context.dry_run:
        context.reporter.line(f"write {keep}")
        return Outcome(summary="nothing was written", status=Status.SKIPPED)
    try:
        if image == "":
            raise Unknown("The image of the database was not handed to this job.")
        made = JobProof(
            run=given.get("GITHUB_RUN_ID", ""),
            attempt=given.get("GITHUB_RUN_ATTEMPT", ""),
            event=given.get("GITHUB_EVENT_NAME", ""),
            conditions=conditions_here(context, image=image or ""),
        )
        if not made.run or made.attempt != "1" or made.event not in EVENTS:
            raise Unknown("This is no first attempt of a push or a merge queue on GitHub.")
    except TaskerCIError as error:
        return Outcome(summary=f"this job proves nothing: {error.message}", status=Status.SKIPPED)
    write_file(context.directory / keep, made.text())
    context.reporter.step_output(KEPT, "true")
    return Outcome(summary=f"{keep} says what this job has tested")


def _carry(context: Context, found: Speaking, legs: Iterable[str], carry: str) -> None:
    """The records of the run become those of this one too; without them nothing is wrong."""
    for leg in legs:
        try:
            records = found.runs.history(found.artifacts, leg)
        except TaskerCIError as error:
            context.reporter.line(
                f"note: the history of {leg} is not carried over: {error.message}"
            )
            continue
        for name, content in records.items():
            if name.endswith(_RECORD):
                write_file(context.directory / carry / name, content)


def _lists(text: str) -> Mapping[str, tuple[str, ...]]:
    """`NAME=A,B` in words."""
    pairs = (word.partition("=") for word in text.split())
    return {name: tuple(values.split(",")) for name, _, values in pairs}
