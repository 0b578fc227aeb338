"""Actions and runner images that are no longer there.

```yaml
      - uses: actions/upload-artifact@v3
```

GitHub refuses this version: the step fails, and with it the job. Other actions are archived, or
were written for a Node.js that runners no longer have. A job that asks for `ubuntu-20.04` waits for
a machine that nobody has.

**Certain**: the table of dead versions is part of this program. An error where the step or the job
fails, a warning where it may still run.

**Fix**: the finding names the version or the action to use instead.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tasker_ci.foreign.github.workflow_reading import read_action
from tasker_ci.sessions.review.dead_actions import dead_action, gone_since
from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.references import line_with
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.workflow_jobs import jobs_of
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.github.document import Step
    from tasker_ci.foreign.places import Place
    from tasker_ci.sessions.review.subject import Subject

_MOST_PLACES = 5


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each action or image, at its first place."""
    yield from _actions(subject)
    yield from _runners(subject)


def _actions(subject: Subject) -> Iterator[ReviewFinding]:
    places: dict[str, list[Place]] = defaultdict(list)
    dead = {}
    for step in _steps(subject):
        if not step.uses or step.uses.startswith(("./", "docker:")):
            continue
        place = line_with(subject.checkout, step.place, step.uses)
        row = dead_action(step.uses, _line(subject, place))
        if row is not None:
            dead[step.uses] = row
            if place not in places[step.uses]:
                places[step.uses].append(place)
    for uses, row in dead.items():
        first, *others = sorted(places[uses])
        yield RULE.finding(
            severity=Severity.ERROR if row.state == "fails" else Severity.WARNING,
            place=first,
            message=f"{uses} {_STATES[row.state]}: {row.why}.",
            evidence=tuple(_also(others)),
            fix=f"Use {row.instead}.",
        )


_STATES = {"fails": "fails", "old": "is too old", "archived": "is archived"}


def _steps(subject: Subject) -> Iterator[Step]:
    for _, job in jobs_of(subject.reading):
        yield from job.steps
    for file in subject.checkout.in_order:
        if file.name in {"action.yml", "action.yaml"}:
            action = read_action(subject.checkout, file.parent)
            if action is not None:
                yield from action.steps


def _line(subject: Subject, place: Place) -> str:
    lines = subject.checkout.lines(place.file)
    return lines[place.line - 1] if place.line <= len(lines) else ""


def _runners(subject: Subject) -> Iterator[ReviewFinding]:
    places: dict[str, dict[Place, None]] = defaultdict(dict)
    for run in subject.reading.runs:
        labels = run.machine.labels
        if run.runs is False or "self-hosted" in labels:
            continue
        for label in labels:
            if gone_since(label):
                near = line_with(subject.checkout, run.job.place, label, "runs-on")
                places[label][near] = None
    for label, found in places.items():
        first, *others = sorted(found)
        yield RULE.finding(
            severity=Severity.ERROR,
            place=first,
            message=f"GitHub removed the image {label} in {gone_since(label)}:"
            " the job waits for it, and fails.",
            evidence=tuple(_also(others)),
            fix=f"Use {label.split('-', maxsplit=1)[0]}-latest.",
        )


def _also(places: list[Place]) -> Iterator[str]:
    if places:
        shown = ", ".join(map(str, places[:_MOST_PLACES]))
        more = len(places) - _MOST_PLACES
        yield f"also {shown}" + (f" and {counted(more, 'place')} more" if more > 0 else "")


RULE = ReviewRule(
    id="F4",
    name="dead-action",
    severity=Severity.ERROR,
    reads="actions, versions, runner images",
    certain="always: the table says since when",
    find=find,
)
