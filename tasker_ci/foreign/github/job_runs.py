"""The jobs that the workflows of a repository run, leg by leg."""

from __future__ import annotations

from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.github.contexts import contexts_of
from tasker_ci.foreign.github.expressions import asks_for_status
from tasker_ci.foreign.github.job_run import JobRun
from tasker_ci.foreign.github.legs import legs_of
from tasker_ci.foreign.github.machines import machine_of
from tasker_ci.foreign.github.other_workflows import may_run_tests_there
from tasker_ci.foreign.github.starts import starts_of
from tasker_ci.foreign.github.values import Unknown, as_number
from tasker_ci.foreign.places import Opaque

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.foreign.github.contexts import Contexts
    from tasker_ci.foreign.github.document import Input, Workflow
    from tasker_ci.foreign.github.starts import Start

_DEEPEST = 10
"""GitHub lets workflows call one another so deep."""

_MOST_RUNS = 4000


def job_runs(
    workflows: tuple[Workflow, ...],
) -> tuple[tuple[JobRun, ...], tuple[Opaque, ...]]:
    """Every leg of every job, each once for each way it is called; and what cannot be read.

    Jobs that never run are among them, marked as such.
    """
    reader = _Reader(workflows)
    for workflow in workflows:
        reader.opaque += workflow.opaque
        starts = starts_of(workflow)
        if starts or not reader.is_called(workflow):
            reader.read(workflow, starts)
    return tuple(reader.runs), tuple(dict.fromkeys(reader.opaque))


class _Reader:
    """Collects the runs."""

    def __init__(self, workflows: tuple[Workflow, ...]) -> None:
        self.workflows = {f"./{workflow.path}": workflow for workflow in workflows}
        self.called = {
            job.uses for workflow in workflows for job in workflow.jobs.values() if job.uses
        }
        self.runs: list[JobRun] = []
        self.opaque: list[Opaque] = []

    def is_called(self, workflow: Workflow) -> bool:
        return f"./{workflow.path}" in self.called

    def read(
        self,
        workflow: Workflow,
        starts: tuple[Start, ...],
        caller: JobRun | None = None,
        inputs: Mapping[str, Any] | None = None,
        depth: int = 0,
    ) -> None:
        """Add the runs of a workflow."""
        possible: dict[str, tuple[Start, ...]] = {}
        sure: set[str] = set()
        for name in _in_order(workflow):
            job = workflow.jobs[name]
            left = starts
            if not asks_for_status(job.condition):  # a job whose need is skipped is skipped too
                for need in job.needs:
                    kept = possible.get(need, starts)
                    left = tuple(start for start in left if start in kept)
            base = JobRun(workflow=workflow, job=job, inputs=inputs or {}, caller=caller)
            left = tuple(
                start
                for start in left
                if contexts_of(replace(base, starts=(start,))).holds(job.condition) is not False
            )
            possible[name] = left
            for run in self.legs(replace(base, starts=left), sure=sure.issuperset(job.needs)):
                if run.runs:
                    sure.add(name)
                if len(self.runs) >= _MOST_RUNS:
                    self.opaque.append(Opaque(job.place, "there are too many jobs"))
                    return
                self.runs.append(run)
                if job.uses and run.runs is not False:
                    self.call(run, depth)

    def legs(self, base: JobRun, *, sure: bool) -> Iterator[JobRun]:
        """The legs of a job; ``sure`` says that all that it needs runs."""
        job = base.job
        groups: dict[str, tuple[list[dict[str, Any]], list[Start]]] = {}
        for start in base.starts or (None,):
            only = replace(base, starts=(start,) if start else ())
            legs = legs_of(job.matrix, contexts_of(only).value)
            group = groups.setdefault(repr(legs), (legs, []))
            if start:
                group[1].append(start)
        for legs, starts in groups.values():
            for leg in legs:
                run = replace(base, leg=leg, starts=tuple(starts))
                yield replace(
                    run, runs=_runs(run, sure=sure), machine=machine_of(job, contexts_of(run))
                )

    def call(self, run: JobRun, depth: int) -> None:
        """Add the runs of the workflow that a job calls."""
        job = run.job
        place = job.uses_place or job.place
        called = self.workflows.get(job.uses or "")
        if called is None:
            if (job.uses or "").startswith("./"):
                self.opaque.append(Opaque(place, f"it calls {job.uses}, which is not there"))
            elif may_run_tests_there(job.uses or "", job.inputs):
                why = f"it calls {job.uses}, a workflow of another repository"
                self.opaque.append(Opaque(place, why))
            return
        if depth >= _DEEPEST:
            self.opaque.append(Opaque(place, "workflows call one another too deeply"))
            return
        contexts = contexts_of(run)
        inputs = {
            name: _given(wanted, job.inputs.get(name), contexts)
            for name, wanted in called.inputs.items()
        }
        self.read(called, run.starts, run, inputs, depth + 1)


def _runs(run: JobRun, *, sure: bool) -> bool | None:
    if not run.starts:
        return False
    sure = sure and (run.caller is None or bool(run.caller.runs))
    holds = (
        contexts_of(replace(run, starts=(start,))).holds(run.job.condition) for start in run.starts
    )
    return True if sure and any(holds) else None


def _given(wanted: Input, given: str | None, contexts: Contexts) -> Any:
    """The value of an input: what the caller gives or its default."""
    written = wanted.default if given is None else given
    if written is None:
        return {"boolean": False, "number": 0}.get(wanted.type or "", "")
    value = contexts.value(written)
    if isinstance(value, Unknown):
        return value
    if wanted.type == "boolean" and isinstance(value, str):
        return value == "true"
    return as_number(value) if wanted.type == "number" else value


def _in_order(workflow: Workflow) -> tuple[str, ...]:
    """The jobs, each behind those that it needs."""
    jobs = workflow.jobs
    needs = {name: [need for need in job.needs if need in jobs] for name, job in jobs.items()}
    try:
        return tuple(TopologicalSorter(needs).static_order())
    except CycleError:
        return tuple(jobs)
