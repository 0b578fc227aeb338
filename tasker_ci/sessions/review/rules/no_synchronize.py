"""A check of pull requests that new commits do not start again.

```yaml
on:
  pull_request:
    types: [opened, reopened]
```

Without `synchronize` the check sees the first commit alone. Whatever is pushed afterwards is
merged with the old green result, or without any.

**Certain** where the workflow builds, tests or lints, starts on `opened` or `reopened`, and its
`types` leave `synchronize` out. A workflow that a label starts is opt-in, and no finding.

**Fix**: add `synchronize`, or remove `types:`; without it GitHub takes opened, synchronize and
reopened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from tasker_ci.foreign.github.job_run import JobRun
    from tasker_ci.sessions.review.subject import Subject

_CHECKS = {
    Action.TEST, Action.COMPILE_TESTS, Action.BUILD, Action.CHECK, Action.LINT, Action.DOC,
    Action.FORMAT,
}  # fmt: skip


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each trigger."""
    checking: dict[PurePosixPath, str] = {}
    for invocation in subject.reading.invocations:
        if invocation.action in _CHECKS:
            run: JobRun | None = invocation.command.around.run
            while run is not None:
                place = invocation.command.place
                checking.setdefault(run.workflow.path, f"{place} `{invocation.command.text}`")
                run = run.caller
    for workflow in subject.reading.workflows:
        for event in ("pull_request", "pull_request_target"):
            trigger = workflow.triggers.get(event)
            types = trigger.filters.get("types") if trigger else None
            if trigger is None or not types or workflow.path not in checking:
                continue
            if "synchronize" in types or not {"opened", "reopened"}.intersection(types):
                continue
            yield RULE.finding(
                place=trigger.places.get("types", trigger.place),
                message=f"New commits of a pull request do not start {workflow.path.name}:"
                f" `types` has {', '.join(types)}, not synchronize.",
                evidence=(f"it runs {checking[workflow.path]}",),
                fix="Add `synchronize` to `types`.",
            )


RULE = ReviewRule(
    id="G6",
    name="no-synchronize",
    severity=Severity.WARNING,
    reads="triggers, commands",
    certain="where the workflow checks something and `types` leave synchronize out",
    find=find,
)
