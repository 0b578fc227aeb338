"""A filter of paths that misses what its jobs are for.

With `paths:` a workflow starts only for changes that a pattern fits. A pattern that fits no file
of the repository is dead: mostly the file was renamed. Where no pattern fits any file of a package
that the jobs test, a change of that package starts nothing.

    on:
      pull_request:
        paths: [rust-toolchain]     # the file is rust-toolchain.toml

**Certain** for a pattern that fits no file that git knows, and for a package that this workflow
alone tests.

**Fix**: write the pattern as the files are called today; `crates/**` takes a whole folder, `crates`
takes a file of that name.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.github.patterns import matches, takes_any
from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.github.document import Trigger, Workflow
    from tasker_ci.sessions.review.subject import Subject

_EVENTS = ("push", "pull_request", "pull_request_target")
_FILTERS = ("paths", "paths-ignore")
_ALL = "**"


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """Dead patterns, then packages that no pattern of their only workflow fits."""
    names = [str(file) for file in subject.checkout.files]
    for workflow in subject.reading.workflows:
        for event in _EVENTS:
            if trigger := workflow.triggers.get(event):
                yield from _dead(subject, trigger, names)
    yield from _missed(subject)


def _dead(subject: Subject, trigger: Trigger, names: list[str]) -> Iterator[ReviewFinding]:
    for key in _FILTERS:
        patterns = trigger.filters.get(key, ())
        dead = [each for each in patterns if "${{" not in each and not takes_any(each, names)]
        if key == "paths" and patterns and all(each.startswith("!") for each in patterns):
            yield RULE.finding(
                place=trigger.places.get(key, trigger.place),
                message=f"All patterns of `{trigger.event}.{key}` begin with `!`: none fits.",
                evidence=("`!` takes back what a pattern before it has taken",),
                fix="Put `'**'` before them, or write them as `paths-ignore`.",
            )
            continue
        for pattern in dead:
            path = PurePosixPath(pattern.removeprefix("!"))
            meant = _meant(subject, path)
            is_dead = meant is not None or len(dead) == len(patterns)
            is_error = key == "paths" and is_dead and not pattern.startswith("!")
            fix = "Write the pattern as the file is called today, or remove it."
            yield RULE.finding(
                severity=RULE.severity if is_error else Severity.WARNING,
                place=trigger.places.get(key, trigger.place),
                message=f"The pattern `{pattern}` of `{trigger.event}.{key}` fits no file.",
                fix=fix if meant is None else f"Write `{meant}`.",
            )


def _meant(subject: Subject, path: PurePosixPath) -> str | None:
    """The pattern that was surely meant: the folder's content, or the file with its ending."""
    if subject.checkout.has_folder(path):
        return f"{path}/**"
    longer = [
        str(file)
        for file in subject.checkout.files
        if file.parent == path.parent and file.name.startswith(f"{path.name}.")
    ]
    return longer[0] if len(longer) == 1 else None


def _missed(subject: Subject) -> Iterator[ReviewFinding]:
    if not subject.complete:
        return
    for reviewed in subject.workspaces:
        workflows: dict[str, dict[PurePosixPath, Workflow]] = {}
        for selection in reviewed.selections:
            run = selection.invocation.command.around.run
            while run.caller is not None:
                run = run.caller
            if selection.action is Action.TEST:
                for name in selection.packages or ():
                    workflows.setdefault(name, {})[run.workflow.path] = run.workflow
        for package in reviewed.workspace.packages:
            testing = list(workflows.get(package.name, {}).values())
            folder = subject.relative(package.manifest.parent)
            inside = [
                str(file)
                for file in subject.checkout.files
                if file.suffix == ".rs" and (folder == "." or file.is_relative_to(folder))
            ]
            if not testing or not inside or any(_starts(each, inside) for each in testing):
                continue
            trigger = next(filter(None, map(testing[0].triggers.get, _EVENTS)), None)
            if trigger is None:
                continue
            yield RULE.finding(
                place=trigger.places.get("paths", trigger.place),
                message=f"No change of the package {package.name} starts the jobs that test it.",
                evidence=(f"no pattern of {testing[0].path.name} fits a file in {folder}",),
                fix=f"Add `{folder}/**` to the paths." if folder != "." else None,
            )


def _starts(workflow: Workflow, names: list[str]) -> bool:
    """Whether a change of any of these files starts it, or something else than a change does."""
    events = [each for name, each in workflow.triggers.items() if name in _EVENTS]
    if not events:
        return True  # by a schedule, or by hand
    for trigger in events:
        paths = trigger.filters.get("paths", (_ALL,))
        ignored = trigger.filters.get("paths-ignore", ())
        if any(matches(paths, name) and not matches(ignored, name) for name in names):
            return True
    return False


RULE = ReviewRule(
    id="G2",
    name="trigger-misses",
    severity=Severity.ERROR,
    reads="triggers of the workflows, the list of files, what the jobs test",
    certain="for a pattern that fits no file, and where everything was read",
    find=find,
)
