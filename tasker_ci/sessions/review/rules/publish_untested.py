"""Crates that are published, and no job that tests comes before it.

```yaml
on: { push: { tags: ["v*"] } }
jobs:
  publish:
    steps:
      - run: cargo publish
```

A version on the registry is never taken back, only yanked. The workflow of the tests may start on
the same push, but nothing waits for it: a tag on a commit whose tests fail is published all the
same.

No finding: a job with tests that this one needs, directly or not; tests earlier in the job; a start
by `workflow_run`; a step that waits for the checks of the commit.

**Certain** where everything that comes before the job in its workflow was read.

**Fix**:

```yaml
  test:
    uses: ./.github/workflows/ci.yml
  publish:
    needs: test
```
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.workflow_jobs import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.github.document import Job, Workflow
    from tasker_ci.foreign.github.job_run import JobRun
    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.sessions.review.subject import Subject
    from tasker_ci.sessions.review.workflow_jobs import JobKey

_DRY = {"--dry-run", "-n", "--help", "-h", "--version", "-V", "--list"}
_SPREADS = {"workspaces", "ws"}
_EXECUTES = {"release", "smart-release"}
_WAITS = ("wait-on-check", "wait-for-", "wait-other-job", "gh run watch", "gh pr checks")


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each workflow that publishes."""
    tested = _tested(subject)
    published: dict[PurePosixPath, list[Command]] = defaultdict(list)
    for command in _publishing(subject):
        run = command.around.run
        if run.runs is not False and not _is_guarded(command, tested):
            published[run.workflow.path].append(command)
    for commands in published.values():
        yield _finding(subject, commands)


def _publishing(subject: Subject) -> Iterator[Command]:
    """The commands that publish crates."""
    for invocation in subject.reading.invocations:
        if _publishes(invocation) and not _DRY & {*invocation.command.words}:
            yield invocation.command
    for command in subject.reading.commands:
        if command.words[:2] == ("release-plz", "release"):
            yield command


def _publishes(invocation: Invocation) -> bool:
    name, words = invocation.subcommand[-1:], {*invocation.command.words}
    if name == ("publish",):
        return invocation.action is Action.PUBLISH
    if {*name} & _SPREADS:
        return "publish" in words
    return bool({*name} & _EXECUTES) and bool(words & {"--execute", "-x", "-e"})


def _tested(subject: Subject) -> set[JobKey]:
    """The jobs in which tests run, those that call another workflow for it too."""
    return {
        key_of(run.workflow, run.job)
        for invocation in subject.reading.invocations
        if invocation.action is Action.TEST
        for run in _with_callers(invocation.command.around.run)
    }


def _with_callers(run: JobRun) -> Iterator[JobRun]:
    each: JobRun | None = run
    while each is not None:
        yield each
        each = each.caller


def _is_guarded(command: Command, tested: set[JobKey]) -> bool:
    """Whether something that tests comes before a command."""
    runs = [*_with_callers(command.around.run)]
    if "workflow_run" in runs[-1].workflow.triggers:
        return True
    before = [
        (run.workflow, run.workflow.jobs[name])
        for run in runs
        for name in _needed(run.workflow, run.job.name)
    ]
    own = runs[0].workflow, runs[0].job  # its tests stand before, as everybody orders steps
    return any(key_of(*each) in tested or _waits(each[1]) for each in (own, *before))


def _needed(workflow: Workflow, name: str) -> set[str]:
    """The jobs that a job needs, directly or not."""
    found: set[str] = set()
    left = [name]
    while left:
        job = workflow.jobs.get(left.pop())
        for need in job.needs if job else ():
            if need not in found and need in workflow.jobs:
                found.add(need)
                left.append(need)
    return found


def _waits(job: Job) -> bool:
    """Whether a job waits for the checks of its commit."""
    texts = [f"{step.uses} {step.run}" for step in job.steps]
    return any(word in text for text in texts for word in _WAITS)


def _finding(subject: Subject, commands: list[Command]) -> ReviewFinding:
    first = commands[0]
    runs = [*_with_callers(first.around.run)]
    files = {run.workflow.path for run in runs}
    workflows = {workflow.path for workflow in subject.reading.workflows}
    doubt = any(
        each.place.file in files or each.place.file not in workflows for each in subject.opaque
    )
    needs = sorted(_needed(runs[0].workflow, runs[0].job.name))
    before = f"needs {', '.join(needs)}, which run no tests" if needs else "needs no other job"
    others = sorted({str(each.place) for each in commands} - {str(first.place)})
    return RULE.finding(
        grade=Grade.SUSPICION if doubt else Grade.CERTAIN,
        place=first.place,
        message=f"The job {runs[0].job.name} publishes crates, and no job that tests comes before.",
        evidence=(
            f"`{' '.join(first.text.split())}` in {first.around.run.label}",
            f"it starts on {', '.join(runs[-1].workflow.triggers)} and {before}",
            *((f"also {', '.join(others[:3])}",) if others else ()),
        ),
        fix="Let it need a job that tests, for example one with `uses:` of the workflow that does.",
    )


RULE = ReviewRule(
    id="R3",
    name="publish-untested",
    severity=Severity.WARNING,
    reads="commands that publish, needs and callers of their jobs, commands that test",
    certain="where everything before the job in its workflow was read",
    find=find,
)
