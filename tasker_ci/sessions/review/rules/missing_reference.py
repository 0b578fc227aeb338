"""An expression that refers to something that is not there.

```yaml
  deploy:
    needs: [build]
    if: needs.test.result == 'success'
```

`deploy` does not need `test`, so `needs.test.result` is empty and the condition never holds. GitHub
reports nothing. The same holds for `steps.x` without a step of that id before it, for `inputs.x`
that the workflow does not declare, for `needs.x.outputs.y` that the job does not set, and for
`matrix.x` in a job whose matrix has no such key.

**Certain**: both ends are in the same file. A matrix or an output that an expression makes is
left out, and so is what has a default behind `||`. Of a matrix or an input it is a warning: most
such names are what is left of an older matrix.

**Fix**: correct the name, or declare what is missing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.never_holding import never_holding
from tasker_ci.sessions.review.references import line_with, of_job, of_step
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.workflow_jobs import jobs_of
from tasker_ci.text.nearest import did_you_mean
from tasker_ci.text.yaml_nodes import entries, items
from tasker_ci.text.yaml_nodes import text as scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasker_ci.foreign.github.document import Job, Workflow
    from tasker_ci.foreign.places import Place
    from tasker_ci.sessions.review.references import Reference
    from tasker_ci.sessions.review.subject import Subject

_DECIDING = {"needs", "steps"}
"""A value of these that is empty decides something; an empty one of others is mostly a rest."""

_WITH_NAME, _WITH_OUTPUT = 2, 4
_WITH_DEFAULT = re.compile(r"\b((?:matrix|inputs|steps|needs)\.[\w-]+)[\w.-]*\s*\|\|")


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each name in each job."""
    dead = {id(each.step or each.job) for each in never_holding(subject.reading)}
    for workflow, job in jobs_of(subject.reading):
        told: set[str] = set()
        optional = _optional(subject, workflow, job)
        for reference, near, steps in _references(job, dead):
            shown = _missing(workflow, job, reference, steps)
            if shown is None or shown[0] in told or shown[0] in optional:
                continue
            name, why, others = shown
            told.add(name)
            yield RULE.finding(
                severity=RULE.severity if reference[0] in _DECIDING else Severity.WARNING,
                place=line_with(subject.checkout, near, name),
                message=f"`{name}` in the job `{job.name}` is always empty: {why}.",
                fix=f"Correct the name.{did_you_mean(name.rpartition('.')[2], others)}",
            )


def _optional(subject: Subject, workflow: Workflow, job: Job) -> set[str]:
    """What stands before ``||`` somewhere in the job: somebody knows that it may be empty."""
    lines = subject.checkout.lines(workflow.path)[job.place.line - 1 :]
    return {
        found.lower() for line in lines for found in _WITH_DEFAULT.findall(line) if "||" in line
    }


def _references(job: Job, dead: set[int]) -> Iterator[tuple[Reference, Place, set[str]]]:
    """Each reference, where it stands, and the ids of the steps before it.

    A condition that never holds is left out: another rule says why.
    """
    if id(job) in dead:
        return
    every = {step.id for step in job.steps if step.id}
    for reference in of_job(job):
        yield reference, job.place, every
    seen: set[str] = set()
    for step in job.steps:
        for reference in () if id(step) in dead else of_step(step):
            yield reference, step.place, seen | ({step.id} if step.id else set())
        if step.id:
            seen.add(step.id)


def _missing(
    workflow: Workflow, job: Job, reference: Reference, steps: set[str]
) -> tuple[str, str, Iterable[str]] | None:
    """How it is written, why it is empty, and the names that there are."""
    if len(reference) < _WITH_NAME or "*" in reference[1:3]:
        return None
    kind, name = reference[:2]
    if kind == "needs" and name in job.needs:
        return _missing_output(workflow, reference)
    why, others = _why_missing(workflow, job, kind, name, steps)
    return (f"{kind}.{name}", why, others) if why else None


def _why_missing(
    workflow: Workflow, job: Job, kind: str, name: str, steps: set[str]
) -> tuple[str, Iterable[str]]:
    if kind == "needs":
        return f"`needs:` does not name {name}", job.needs
    if kind == "steps" and name not in steps:
        later = name in {step.id for step in job.steps}
        return f"the step {name} comes later" if later else f"no step has the id {name}", steps
    if kind == "inputs" and not _declared(workflow, name):
        return "the workflow declares no such input", workflow.inputs
    keys = _matrix_keys(job)
    if kind == "matrix" and keys is not None and name not in keys:
        return f"the matrix has no {name}" if keys else "the job has no matrix", keys
    return "", ()


def _declared(workflow: Workflow, name: str) -> bool:
    declared = {each.lower() for each in workflow.inputs}
    if "workflow_call" not in workflow.triggers and "workflow_dispatch" not in workflow.triggers:
        return False
    return name.lower() in declared


def _missing_output(
    workflow: Workflow, reference: Reference
) -> tuple[str, str, Iterable[str]] | None:
    needed = workflow.jobs.get(reference[1])
    if needed is None or needed.uses or len(reference) < _WITH_OUTPUT or reference[2] != "outputs":
        return None
    if reference[3] in {"*", *needed.outputs}:
        return None
    why = f"the job {needed.name} has no such output"
    return ".".join(reference[:4]), why, needed.outputs


def _matrix_keys(job: Job) -> set[str] | None:
    """The names that `matrix` has; None where an expression makes them."""
    if job.matrix is None:
        return set()
    axes = entries(job.matrix)
    if not axes:
        return None
    keys = {name for name in axes if name not in {"include", "exclude"}}
    more = axes.get("include")
    if more is not None:
        if scalar(more):
            return None
        for item in items(more):
            if not entries(item):
                return None
            keys |= set(entries(item))
    return keys


RULE = ReviewRule(
    id="G4",
    name="missing-reference",
    severity=Severity.ERROR,
    reads="expressions, needs, ids of steps, inputs, outputs, matrices",
    certain="always: both ends are in the same file",
    find=find,
)
