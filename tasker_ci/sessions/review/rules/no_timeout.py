"""Jobs without a limit of time.

```yaml
  test:
    runs-on: ubuntu-latest
    steps:
      - run: until pg_isready; do sleep 1; done
```

A job that hangs holds its runner for six hours, which is GitHub's own limit, and everybody who
waits for it.

**Certain**: one note for each workflow.

**Fix**: `timeout-minutes:` on each job, about three times what it usually takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.plurals import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.github.document import Job
    from tasker_ci.sessions.review.subject import Subject

_MOST_NAMES = 6


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each workflow."""
    for workflow in subject.reading.workflows:
        jobs = [job for job in workflow.jobs.values() if job.steps]
        without = [job for job in jobs if not _limited(job)]
        if not without:
            continue
        names = listed((job.name for job in without), _MOST_NAMES)
        yield RULE.finding(
            place=without[0].place,
            message=f"{len(without)} of {counted(len(jobs), 'job')} of {workflow.path.name}"
            f" {'has' if len(without) == 1 else 'have'} no timeout-minutes: {names}.",
            fix="Add `timeout-minutes:` to each job; GitHub's own limit is six hours.",
        )


def _limited(job: Job) -> bool:
    return job.timeout is not None or all(step.timeout is not None for step in job.steps)


RULE = ReviewRule(
    id="N1",
    name="no-timeout",
    severity=Severity.NOTE,
    reads="jobs and steps",
    certain="always",
    find=find,
)
