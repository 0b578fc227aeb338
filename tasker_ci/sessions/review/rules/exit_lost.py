"""A check whose failure nobody sees.

```yaml
      - run: cargo test --workspace | tee test.log
```

GitHub's default shell is `bash -e` without `pipefail`: the exit code of the step is that of `tee`,
so failing tests are green. `|| true`, `cargo test && echo ok || echo failed`, and
`continue-on-error` do the same on purpose. PowerShell, the default on Windows, goes on after a
program that fails: only the last command of a step counts.

**Certain** where the shell is known and the command tests, lints or checks. A pipe that loses the
code is an error, a tolerance that somebody wrote is a warning. No finding: `shell: bash`, which has
`pipefail`; a later look at `PIPESTATUS` or at `steps.x.outcome`; a tolerance that only some legs of
a matrix have.

**Fix**: `shell: bash`, or `set -o pipefail`; remove the tolerance, or move the check to a job of
its own that nobody requires.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.syntax import one_line
from tasker_ci.foreign.command import ExitCode
from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.references import line_with, of_job, of_step
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.workflow_jobs import jobs_of, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.github.document import Job, Step
    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.foreign.places import Place
    from tasker_ci.sessions.review.subject import Subject
    from tasker_ci.sessions.review.workflow_jobs import JobKey

_ACTIONS = {
    Action.TEST, Action.COMPILE_TESTS, Action.CHECK, Action.LINT, Action.DOC, Action.BENCH,
}  # fmt: skip
_TOOLS = {"audit", "deny", "machete", "udeps", "semver-checks", "vet", "public-api", "shear"}
_KEEPS_NOTHING = {
    "tee", "cat", "tail", "head", "sed", "awk", "ts", "sort", "uniq", "less", "tr", "cut", "column",
    "cargo2junit", "fmt", "gzip", "bunyan",
}  # fmt: skip
"""Programs that end with 0 whatever they read."""

_JUDGES = {"grep", "egrep", "rg", "jq", "diff", "cmp", "xargs", "wc"}
"""Programs that look at the output, and decide themselves."""

_YES = {"true", "${{ true }}"}
_LONGEST = 80


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each command, step or job."""
    by_job: dict[JobKey, list[Invocation]] = defaultdict(list)
    told: set[tuple[object, ...]] = set()
    for invocation in subject.reading.invocations:
        if not _checks(invocation):
            continue
        run = invocation.command.around.run
        by_job[key_of(run.workflow, run.job)].append(invocation)
        finding = _of_command(invocation)
        if finding is None:
            continue
        command = invocation.command
        key: tuple[object, ...] = (command.place, invocation.subcommand, command.exit_code)
        if finding.severity is RULE.severity and _in_powershell(command) and command.around.step:
            key = (command.around.step.place,)  # one `shell:` ends all of them
        if key not in told:  # each leg has the line with its own values
            told.add(key)
            yield finding
    yield from _tolerated(subject, by_job)


def _checks(invocation: Invocation) -> bool:
    words = invocation.command.words
    if {"--version", "-V", "--help", "-h", "--list", "--fix"} & {*words}:
        return False
    if invocation.action is Action.FORMAT:
        return "--check" in words
    return invocation.action in _ACTIONS or bool({*invocation.subcommand[:1]} & _TOOLS)


def _of_command(invocation: Invocation) -> ReviewFinding | None:
    command = invocation.command
    step = command.around.step
    if step is not None and "PIPESTATUS" in (step.run or ""):
        return None
    if command.exit_code is ExitCode.LOST_IN_PIPE:
        return _lost(invocation)
    if command.exit_code is ExitCode.IGNORED and invocation.action is not Action.COMPILE_TESTS:
        return _ignored(command)
    return None


def _lost(invocation: Invocation) -> ReviewFinding | None:
    """A failure that a pipe loses; None where the program behind it judges."""
    command = invocation.command
    behind = [each[0] if each else None for each in command.piped_to]
    last = behind[-1] if behind else None
    if last in _JUDGES:
        return None
    return RULE.finding(
        severity=Severity.WARNING if invocation.action is Action.BENCH else RULE.severity,
        grade=Grade.CERTAIN if last in _KEEPS_NOTHING else Grade.SUSPICION,
        place=command.place,
        message=f"A failure of `{one_line(command.text, _LONGEST)}` is lost in the pipe"
        f"{f' to {last}' if last else ''}: the shell has no pipefail.",
        evidence=(f"{command.around.run.label} is green all the same",),
        fix="Give the step `shell: bash`, which has pipefail, or begin with `set -o pipefail`.",
    )


def _ignored(command: Command) -> ReviewFinding | None:
    """A failure that the script goes on after; None where the job itself is tolerated."""
    if command.around.run.job.continue_on_error in _YES:
        return None
    shown = one_line(command.text, _LONGEST)
    powershell = _in_powershell(command) and "||" not in command.text
    return RULE.finding(
        severity=RULE.severity if powershell else Severity.WARNING,
        place=command.place,
        message=f"PowerShell goes on after a failure of `{shown}`: only the last command of a step"
        " counts."
        if powershell
        else f"A failure of `{shown}` is ignored.",
        evidence=(f"{command.around.run.label} is green all the same",),
        fix="Give the step `shell: bash`, or make it a step of its own."
        if powershell
        else "Let it fail, or move it to a job that nobody requires.",
    )


def _in_powershell(command: Command) -> bool:
    """Whether a step's script is PowerShell: GitHub's default on Windows."""
    around = command.around
    step, run = around.step, around.run
    if step is None or command.trail or "NativeCommandUseErrorAction" in (step.run or ""):
        return False
    shell = step.shell or run.job.shell or run.workflow.shell
    if shell is None:
        return run.machine.system == "Windows"
    return shell.split(" ", maxsplit=1)[0] in {"pwsh", "powershell"}


def _tolerated(
    subject: Subject, by_job: Mapping[JobKey, Sequence[Invocation]]
) -> Iterator[ReviewFinding]:
    for workflow, job in jobs_of(subject.reading):
        invocations = by_job.get(key_of(workflow, job), ())
        if not invocations:
            continue
        if job.continue_on_error in _YES:
            if any(job.name in other.needs for other in workflow.jobs.values()):
                continue  # its result may be looked at there
            place = line_with(subject.checkout, job.place, "continue-on-error")
            alarm = {*workflow.triggers} <= {"schedule", "workflow_dispatch"}
            what = "it runs on a schedule alone, to alarm" if alarm else "nothing looks at it"
            severity = Severity.ERROR if alarm else Severity.WARNING
            yield _finding(place, f"the job `{job.name}`", invocations, what, severity)
            continue
        for number, step in enumerate(job.steps):
            own = [each for each in invocations if each.command.around.step == step]
            if own and step.continue_on_error in _YES and not _looked_at(job, step, number):
                place = line_with(subject.checkout, step.place, "continue-on-error")
                what = f"a step of the job `{job.name}`"
                why = "no later step reads its outcome"
                yield _finding(place, what, own, why, Severity.WARNING)


def _looked_at(job: Job, step: Step, number: int) -> bool:
    """Whether a later step or an output of the job reads the outcome of a step."""
    if step.id is None:
        return False
    later = [each for other in job.steps[number + 1 :] for each in of_step(other)]
    return any(each[:2] == ("steps", step.id) for each in (*later, *of_job(job)))


def _finding(
    place: Place, what: str, invocations: Sequence[Invocation], why: str, severity: Severity
) -> ReviewFinding:
    first = invocations[0].command
    return RULE.finding(
        severity=severity,
        place=place,
        message=f"A failure of {what} is tolerated by continue-on-error, and {why}.",
        evidence=(f"it runs {first.place} `{one_line(first.text, _LONGEST)}`",),
        fix="Remove `continue-on-error`, or look at the result.",
    )


RULE = ReviewRule(
    id="R2",
    name="exit-lost",
    severity=Severity.ERROR,
    reads="commands, pipes, shells, continue-on-error",
    certain="where the shell is known and the command checks something",
    find=find,
)
