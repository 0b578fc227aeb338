"""A reusable workflow that no workflow of the repository calls.

```yaml
# ci-success.yml
on: workflow_call
```

Its only trigger is `workflow_call`, and nothing calls it, so its jobs never run here.

**A suspicion** at most: another repository may call it.

**Fix**: call it, give it a trigger of its own, or remove it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.workflow_jobs import jobs_of
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.sessions.review.subject import Subject


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each workflow."""
    called = {job.uses.split("@")[0] for _, job in jobs_of(subject.reading) if job.uses}
    for workflow in subject.reading.workflows:
        if {*workflow.triggers} != {"workflow_call"}:
            continue
        path = str(workflow.path)
        if any(each == f"./{path}" or each.endswith(f"/{path}") for each in called):
            continue
        yield RULE.finding(
            grade=Grade.SUSPICION,
            place=workflow.triggers["workflow_call"].place,
            message=f"No workflow of the repository calls {workflow.path.name}.",
            evidence=(f"its only trigger is workflow_call; {counted(len(workflow.jobs), 'job')}",),
            fix="Call it from a workflow with a trigger, or remove it.",
        )


RULE = ReviewRule(
    id="G5",
    name="never-called",
    severity=Severity.WARNING,
    reads="triggers, calls of workflows",
    certain="never: another repository may call it",
    find=find,
)
