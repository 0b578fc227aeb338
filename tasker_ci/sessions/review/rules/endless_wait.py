"""A wait without an end in a job without a limit.

```yaml
      - run: |
          until pg_isready -h localhost; do
            sleep 2
          done
```

When the service does not come up, the job waits for six hours, which is GitHub's own limit, and
then says nothing of the service.

**Certain** where neither the job nor the step has `timeout-minutes`, and the loop neither counts
nor stands behind `timeout`.

**Fix**: `timeout 60 bash -c 'until …'`, a loop that counts, or `timeout-minutes:`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.places import Place
from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.workflow_jobs import jobs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.sessions.review.subject import Subject

_LOOP = re.compile(
    r"^[ \t]*(?:until\b|while[ \t]+(?:!|true\b|:|sleep\b)).*?\bdone\b", re.MULTILINE | re.DOTALL
)
_COUNTS = re.compile(
    r"\(\(|-(?:lt|gt|ge|le|eq)\b|\bbreak\b|\bexit\b|\bexpr\b|\blet\b|\bread\b|SECONDS"
)
_BOUNDED = re.compile(r"\btimeout\b")


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each loop."""
    for _, job in jobs_of(subject.reading):
        if job.timeout is not None:
            continue
        for step in job.steps:
            if step.timeout is not None or step.run is None or _BOUNDED.search(step.run):
                continue
            for found in _LOOP.finditer(step.run):
                if "sleep" not in found[0] or _COUNTS.search(found[0]):
                    continue
                first = step.run_place or step.place
                line = first.line + step.run.count("\n", 0, found.start())
                head = " ".join(found[0].strip().split("\n")[0].split())
                yield RULE.finding(
                    place=Place(first.file, line),
                    message=f"`{head[:60]}` waits without an end, and the job `{job.name}` has no"
                    " timeout-minutes.",
                    fix="Put `timeout 60` before it, count the rounds, or give the job"
                    " `timeout-minutes:`.",
                )


RULE = ReviewRule(
    id="N2",
    name="endless-wait",
    severity=Severity.WARNING,
    reads="loops of scripts in workflows, timeouts",
    certain="where nothing counts and no timeout is set",
    find=find,
)
