"""Another way that is not taken when the first one fails.

```yaml
      - id: build
        uses: docker/build-push-action@v6
      - run: |
          if [[ "${{ steps.build.outcome }}" == "success" ]]; then
            echo "image=$OURS" >> "$GITHUB_OUTPUT"
          else
            echo "image=$PUBLIC" >> "$GITHUB_OUTPUT"
          fi
```

A step that fails ends the job: the steps behind it are skipped, and nobody looks at its outcome. A
pull request from a fork cannot push an image, and so its job is red, not on the other image.

**Certain** where the first step has no `if:`, no `continue-on-error`, and the other one no
`always()`, `failure()` or `cancelled()`. With an `if:` of the first step the branch is taken where
that is skipped; whether it was meant for failures too is a suspicion.

**Fix**: `continue-on-error: true` for the first step.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.places import Place
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.workflow_jobs import jobs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.github.document import Job
    from tasker_ci.sessions.review.subject import Subject

_ASKS = re.compile(
    r"\bif\b[^\n]*\$\{\{\s*steps\.(?P<id>[\w-]+)\.(?:outcome|conclusion)\s*\}\}[\"']?"
    r"\s*(?:==?\s*[\"']?success\b|!=\s*[\"']?failure\b)"
)
_ELSE = re.compile(r"^\s*else\b", re.MULTILINE)
_STATUS = re.compile(r"\b(?:always|failure|cancelled)\s*\(", re.IGNORECASE)


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each branch."""
    for _, job in jobs_of(subject.reading):
        yield from _of_job(job)


def _of_job(job: Job) -> Iterator[ReviewFinding]:
    for number, step in enumerate(job.steps):
        asks = _ASKS.search(step.run or "")
        if asks is None or step.run is None or _STATUS.search(step.condition or ""):
            continue
        behind = _ELSE.search(step.run, asks.end())
        first = next((each for each in job.steps[:number] if each.id == asks["id"]), None)
        if behind is None or first is None or first.continue_on_error is not None:
            continue
        if "fi" in step.run[asks.end() : behind.start()].split():
            continue
        begin = step.run_place or step.place
        line = begin.line + step.run.count("\n", 0, behind.start() + len(behind[0]) - len("else"))
        skipped = first.condition is not None
        when = "only where it is skipped" if skipped else "never"
        yield RULE.finding(
            grade=Grade.SUSPICION if skipped else Grade.CERTAIN,
            place=Place(begin.file, line),
            message=f"This branch is taken {when}: where `{first.id}` fails, the job ends.",
            evidence=(f"{first.place} is the step, without continue-on-error",),
            fix=f"Give the step `{first.id}` `continue-on-error: true`.",
        )


RULE = ReviewRule(
    id="G8",
    name="fallback-unreached",
    severity=Severity.WARNING,
    reads="scripts of steps that ask for the outcome of others",
    certain="where the other step has no condition and no tolerance",
    find=find,
)
