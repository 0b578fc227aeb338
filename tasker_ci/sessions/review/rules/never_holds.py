"""A job or a step that can never run.

```yaml
on: pull_request
jobs:
  publish:
    if: github.ref == 'refs/heads/main'
```

A pull request has another ref, so the job is always skipped. The same holds for `matrix.offline` in
a job without that key, for a value that no leg has, for an event that the workflow does not start
on, for a branch that its filter leaves out, for `if: false`, and for
`if: steps.test.outcome == 'failure'` without `always()`: after a failure nothing else is run.

**Certain** where the condition is false in every leg and for every event that starts the workflow,
whatever the values are that only a run knows. A literal `if: false` is a warning: somebody
switched it off on purpose, and the job still looks as if it ran. So is a step for a leg that was
taken out of the matrix.

**Fix**: correct the condition, or remove what nobody runs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.syntax import one_line
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.never_holding import never_holding
from tasker_ci.sessions.review.references import line_with, references
from tasker_ci.sessions.review.rule import ReviewRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.places import Place
    from tasker_ci.sessions.review.never_holding import DeadCondition
    from tasker_ci.sessions.review.subject import Subject

_LITERAL = re.compile(r"\s*(?:\$\{\{)?\s*false\s*(?:\}\})?\s*", re.IGNORECASE)
_GITHUB = re.compile(r"\bgithub\.(?:event_name|ref|ref_name|ref_type|base_ref|head_ref)\b")
_LONGEST = 60


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each condition."""
    for dead in never_holding(subject.reading):
        literal = bool(_LITERAL.fullmatch(dead.condition))
        unused = literal or (not dead.why and dead.step is not None and _names_value(dead))
        yield RULE.finding(
            severity=Severity.WARNING if unused else RULE.severity,
            grade=Grade.SUSPICION if _is_for_others(dead) else Grade.CERTAIN,
            place=_place(subject, dead),
            message=f"{_what(dead)} never runs: `{one_line(dead.condition, _LONGEST)}` is always"
            " false.",
            evidence=() if literal else tuple(_evidence(dead)),
            fix="Remove it, or switch it on."
            if literal
            else "Correct the condition, or remove it.",
        )


def _what(dead: DeadCondition) -> str:
    if dead.step is None:
        return f"The job `{dead.job.name}`"
    step = dead.step
    name = step.name or step.uses or step.id or (step.run or "").strip()
    return f"The step `{one_line(name, _LONGEST)}` of the job `{dead.job.name}`"


def _place(subject: Subject, dead: DeadCondition) -> Place:
    if dead.step is None and dead.job.condition_place is not None:
        return dead.job.condition_place
    near = dead.job.place if dead.step is None else dead.step.place
    first = dead.condition.strip().split("\n")[0]
    return line_with(subject.checkout, near, first, "if:")


def _names_value(dead: DeadCondition) -> bool:
    """Whether it asks for values of the matrix that is there: a leg was taken out."""
    keys = [each[1] for each in references(dead.condition, bare=True) if each[:1] == ("matrix",)]
    return bool(keys) and all(any(key in run.leg for run in dead.runs) for key in keys)


def _is_for_others(dead: DeadCondition) -> bool:
    """Whether another repository that calls the workflow could make it hold."""
    called = "workflow_call" in dead.runs[0].workflow.triggers
    return called and any(each[0] == "inputs" for each in references(dead.condition, bare=True))


def _evidence(dead: DeadCondition) -> Iterator[str]:
    """What the values are that the condition asks for."""
    if dead.why:
        yield dead.why
        return
    found = [each for each in references(dead.condition, bare=True) if len(each) > 1]
    for key in sorted({name for kind, name, *_ in found if kind == "matrix"}):
        values = {str(run.leg[key]) for run in dead.runs if run.leg.get(key) is not None}
        if not values:
            yield f"no leg of the job has matrix.{key}"
        else:
            yield f"matrix.{key} is {', '.join(sorted(values))}"
    for name in sorted({name for kind, name, *_ in found if kind == "needs"}):
        if name not in dead.job.needs:
            yield f"the job does not need {name}"
    for name in sorted({name for kind, name, *_ in found if kind == "inputs"}):
        if name not in dead.runs[0].workflow.inputs:
            yield f"the workflow declares no input {name}"
        else:
            yield f"no caller gives such a value for {name}"
    if _GITHUB.search(dead.condition):
        events: dict[str, None] = {}
        for start in dead.runs[0].starts:
            filters = ", ".join(
                f"{name}: {' '.join(values)}" for name, values in start.trigger.filters.items()
            )
            events[f"{start.event} ({filters})" if filters else start.event] = None
        yield f"the workflow starts on {', '.join(events)}"


RULE = ReviewRule(
    id="G3",
    name="never-holds",
    severity=Severity.ERROR,
    reads="conditions of jobs and steps, matrices, triggers",
    certain="where the condition is false in every leg and for every event",
    find=find,
)
