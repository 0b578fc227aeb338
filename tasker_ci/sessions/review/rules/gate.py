"""A gate that passes although a job before it failed.

```yaml
  ci-success:
    needs: [lint, test]
    runs-on: ubuntu-latest
    steps:
      - run: echo "all checks passed"
```

When `test` fails, GitHub skips `ci-success`, and a skipped job counts as passed, also where branch
protection requires it. `if: always()` alone makes it worse: the job runs, and `echo` succeeds. A
result that only the job's own `if:` reads ends in a skipped job too.

**Certain** where a job does nothing else than to speak for the jobs that it needs, and either does
not run after a failure, or has no step that reads a result and can fail.

**Fix**:

```yaml
    if: always()
    steps:
      - if: contains(needs.*.result, 'failure') || contains(needs.*.result, 'cancelled')
        run: exit 1
```
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.foreign.github.expressions import asks_for_status
from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.references import of_mapping, of_step, references
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.workflow_jobs import jobs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.github.document import Job, Step, Workflow
    from tasker_ci.sessions.review.references import Reference
    from tasker_ci.sessions.review.subject import Subject

_SPEAKS = frozenset({"echo", "printf", "true", ":", "set", "sleep", "cat", "date"})
_LOOKS = frozenset({"jq", "grep", "false", "test"})
_SHELL_ONLY = re.compile(
    r"\s*(?:#|$|exit\b|\[|test\b|if\b|elif\b|then\b|else\b|fi\b|true\b|false\b|set\b"
    r"|echo\b|printf\b|sleep\b|date\b|ls\b)"
)
"""Lines that start nothing that is read as a command."""

_FAILS = re.compile(
    r"\bexit\s+(?!0\b)\S|\breturn\s+[1-9]|^\s*(?:!\s*)?(?:\[\[?|test|jq|grep|false)(?:\s|$)"
    r"|[;&|{]\s*false\b",
    re.MULTILINE,
)
"""What ends a script with a failure."""

_COMMENT = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)
_JUDGES = ("re-actors/alls-green",)
_NAME = re.compile(
    r"(?:^|[-_ /])(?:success|gate|done|all|complete|conclusion|passe?d?|status|required|ok|green)"
    r"(?:$|[-_ /])",
    re.IGNORECASE,
)
_REPORTS = re.compile(r"summary|notif|report|announce|comment|print|dry[-_]?run", re.IGNORECASE)
_ON_FAILURE_ONLY = re.compile(r"\bfailure\s*\(", re.IGNORECASE)
_ALWAYS = re.compile(r"\balways\s*\(|!\s*cancelled\s*\(", re.IGNORECASE)
_EVERY = "*"
_FIX = (
    "Give the job `if: always()`, and a step with"
    " `if: contains(needs.*.result, 'failure') || contains(needs.*.result, 'cancelled')`"
    " and `run: exit 1`."
)


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each gate that does not hold."""
    for workflow, job in jobs_of(subject.reading):
        if _may_be_gate(workflow, job) and _is_idle(subject, workflow, job):
            gate = _Gate(workflow=workflow, job=job)
            why = _why_open(gate)
            if why:
                yield _finding(gate, why)


@dataclass(frozen=True, kw_only=True)
class _Gate:
    workflow: Workflow
    job: Job


def _may_be_gate(workflow: Workflow, job: Job) -> bool:
    """Whether a job may be a gate by all but its steps."""
    named = _NAME.search(job.name) or _NAME.search(job.title or "")
    if len(job.needs) < (1 if named else 2) or _REPORTS.search(job.name):
        return False
    if job.outputs or job.services or job.container:
        return False
    if any(job.name in other.needs for other in workflow.jobs.values()):
        return False  # what needs it is skipped in its turn
    read = _results(references(job.condition, bare=True))
    # a condition about something else is a reason of its own
    return bool(not job.condition or named or read or asks_for_status(job.condition))


def _is_idle(subject: Subject, workflow: Workflow, job: Job) -> bool:
    """Whether a job, or the workflow that it calls, only prints, compares and ends."""
    if not job.uses:
        return _only_speaks(subject, workflow, job)
    called = next(
        (each for each in subject.reading.workflows if f"./{each.path}" == job.uses), None
    )
    if called is None or not called.jobs:
        return False
    return all(
        not each.uses and _only_speaks(subject, called, each) for each in called.jobs.values()
    )


def _only_speaks(subject: Subject, workflow: Workflow, job: Job) -> bool:
    commands = subject.scripts.of(workflow, job)
    return bool(job.steps) and all(_step_speaks(step, commands) for step in job.steps)


def _step_speaks(step: Step, commands: Sequence[Command]) -> bool:
    """Whether a step only prints, compares and ends."""
    if step.uses:
        return step.uses.startswith(_JUDGES)
    own = [each for each in commands if each.around.step == step]
    if not own and not all(map(_SHELL_ONLY.match, (step.run or "?").split("\n"))):
        return False
    return all(
        (each.words[:1] or (None,))[0] in _SPEAKS | _LOOKS
        and "GITHUB_OUTPUT" not in each.text
        and "GITHUB_ENV" not in each.text
        for each in own
    )


def _why_open(gate: _Gate) -> str:
    """How a failure gets past it; "" where it cannot."""
    job = gate.job
    condition = job.condition or ""
    looked = _looked_at(gate)
    if not asks_for_status(condition) or not (
        _ALWAYS.search(condition) or _ON_FAILURE_ONLY.search(condition)
    ):
        return "is skipped when a job that it needs fails, and a skipped job counts as passed"
    if looked:
        left = [] if _EVERY in looked else [*_unlooked(gate, looked)]
        return f"does not look at the result of {', '.join(left)}" if left else ""
    fails = any(_can_fail(step) for step in job.steps if not step.condition)
    if fails and (_ON_FAILURE_ONLY.search(condition) or _results(references(condition, bare=True))):
        return ""  # it runs after a failure only, and fails then
    if not _ALWAYS.search(condition):
        return "" if not _results(references(condition, bare=True)) else _IN_CONDITION
    if _results(references(condition, bare=True)):
        return _IN_CONDITION
    return "runs after a failure too, and looks at no result in a step that can fail"


_IN_CONDITION = (
    "reads results in its own `if:` alone: then it is skipped, and a skipped job counts as passed"
)


def _looked_at(gate: _Gate) -> set[str]:
    """The jobs whose results a step that can fail reads; ``*`` for all of them."""
    job = gate.job
    looked: set[str] = set()
    if job.uses:
        return _results(of_mapping(job.inputs))
    given = _results(of_mapping(job.environment)) | _results(of_mapping(gate.workflow.environment))
    for step in job.steps:
        read = _results(of_step(step))
        if step.uses or _can_fail(step):
            looked |= read | given
    return looked


def _results(found: Iterable[Reference]) -> set[str]:
    names: set[str] = set()
    for reference in found:
        if reference[0] != "needs":
            continue
        if len(reference) == 1 or reference[1] == "*":
            names.add(_EVERY)
        elif len(reference) == 2 or reference[2] in {"result", "*"}:  # noqa: PLR2004
            names.add(reference[1])
    return names


def _can_fail(step: Step) -> bool:
    if step.continue_on_error == "true":
        return False
    if step.uses:
        return True
    return bool(_FAILS.search(_COMMENT.sub("", step.run or "")))


def _unlooked(gate: _Gate, looked: set[str]) -> Iterator[str]:
    """Needed jobs whose failure no job that is looked at would show."""
    jobs = gate.workflow.jobs
    shown: set[str] = set()
    left = [*looked]
    while left:
        name = left.pop()
        if name not in shown and name in jobs:
            shown.add(name)
            left += jobs[name].needs
    return (need for need in gate.job.needs if need not in shown)


def _finding(gate: _Gate, why: str) -> ReviewFinding:
    job = gate.job
    return RULE.finding(
        place=job.condition_place or job.place,
        message=f"The gate `{job.name}` {why}.",
        evidence=(f"it needs {', '.join(job.needs)} and does nothing else",),
        fix=_FIX,
    )


RULE = ReviewRule(
    id="G1",
    name="gate",
    severity=Severity.ERROR,
    reads="jobs, their needs, conditions and commands",
    certain="where the job does nothing else, and a failure before it leaves it skipped or green",
    find=find,
)
