"""An input that an action does not have, or one that it requires and is not given.

```yaml
      - uses: actions/checkout@v4
        with:
          fetch-deptch: 0
```

GitHub says so in a warning that nobody reads, and goes on without it: here with one commit, in
which `git merge-base origin/main HEAD` fails. For an action of the repository it is the same. A
workflow of the repository that is called with an input that it lacks, or without one that it
requires, does not start at all. An action that lacks what it requires fails, if it is a well-known
one that looks; else it goes on with an empty text.

**Certain** for actions and workflows of the repository, for a word that is all but the name of an
input of a well-known action, and for the inputs without which such an action always fails. Other
words may be inputs of a newer version.

**Fix**: correct the name, or give the input.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.github.workflow_reading import read_action
from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.references import line_with
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.workflow_jobs import jobs_of
from tasker_ci.text.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasker_ci.foreign.github.document import Input, Job, Step
    from tasker_ci.foreign.places import Place
    from tasker_ci.sessions.review.subject import Subject

_INPUTS = {
    "actions/checkout": (
        "repository ref token ssh-key ssh-known-hosts ssh-strict ssh-user persist-credentials path"
        " clean filter sparse-checkout sparse-checkout-cone-mode fetch-depth fetch-tags"
        " show-progress lfs submodules set-safe-directory github-server-url"
    ),
    "actions/upload-artifact": (
        "name path if-no-files-found retention-days compression-level overwrite"
        " include-hidden-files archive"
    ),
    "actions/download-artifact": (
        "name artifact-ids path pattern merge-multiple github-token repository run-id"
        " skip-decompress digest-mismatch"
    ),
    "actions/cache": (
        "path key restore-keys upload-chunk-size enableCrossOsArchive fail-on-cache-miss"
        " lookup-only save-always"
    ),
    "dtolnay/rust-toolchain": "toolchain targets target components",
    "Swatinem/rust-cache": (
        "prefix-key shared-key key env-vars workspaces cache-directories cache-targets"
        " cache-on-failure cache-all-crates cache-workspace-crates save-if cache-provider cache-bin"
        " lookup-only"
    ),
    "taiki-e/install-action": "tool checksum fallback",
}
_REQUIRED = {
    "actions/cache": ("path", "key"),
    "actions/cache/restore": ("path", "key"),
    "actions/cache/save": ("path", "key"),
    "actions/upload-artifact": ("path",),
    "dtolnay/rust-toolchain@master": ("toolchain",),
}
"""Without these the step fails, in every version."""

_NEAR = 0.85


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each input."""
    for _, job in jobs_of(subject.reading):
        yield from _of_call(subject, job)
        for step in job.steps:
            yield from _of_step(subject, step)


def _of_call(subject: Subject, job: Job) -> Iterator[ReviewFinding]:
    called = next(
        (each for each in subject.reading.workflows if f"./{each.path}" == job.uses), None
    )
    if called is None or "workflow_call" not in called.triggers:
        return
    known = {name.lower() for name in called.inputs}
    for name in job.inputs:
        if name.lower() not in known:
            place = line_with(subject.checkout, job.place, f"{name}:")
            message = f"{called.path.name} has no input `{name}`: the workflow does not start."
            yield _finding(place, message, name, called.inputs, Severity.ERROR)
    if "workflow_dispatch" in called.triggers:
        return  # which of the inputs a call needs is not told apart
    for name in _lacking(called.inputs, job.inputs):
        message = f"{called.path.name} requires the input `{name}`: the workflow does not start."
        yield _without(job.uses_place or job.place, message, name, Severity.ERROR)


def _lacking(declared: Mapping[str, Input], given: Mapping[str, str]) -> Iterator[str]:
    """The inputs that are required, have no default and are not given."""
    names = {name.lower() for name in given}
    for name, wanted in declared.items():
        if wanted.required and wanted.default is None and name.lower() not in names:
            yield name


def _of_step(subject: Subject, step: Step) -> Iterator[ReviewFinding]:
    uses = (step.uses or "").partition("@")[0]
    if uses.startswith("./"):
        action = read_action(subject.checkout, PurePosixPath(uses[2:]))
        if action is None or action.opaque:
            return
        for name in _lacking(action.inputs, step.inputs):
            message = f"{uses} requires the input `{name}`: GitHub goes on with an empty text."
            yield _without(step.place, message, name, RULE.severity)
        declared = {name.lower() for name in action.inputs}
        wrong = [name for name in step.inputs if name.lower() not in declared]
        known: tuple[str, ...] = tuple(action.inputs)
    else:
        known = tuple(_INPUTS.get(uses, "").split())
        wrong = [name for name in step.inputs if _is_near(name, known)]
        given = {name.lower() for name in step.inputs}
        for name in _REQUIRED.get(step.uses or "", _REQUIRED.get(uses, ())):
            if name not in given and not wrong:
                message = f"{uses} requires the input `{name}`: the step fails."
                yield _without(step.place, message, name, Severity.ERROR)
    for name in wrong:
        place = step.input_places.get(name) or line_with(subject.checkout, step.place, f"{name}:")
        message = f"{uses} has no input `{name}`: GitHub goes on without it."
        yield _finding(place, message, name, known, RULE.severity)


def _is_near(name: str, known: tuple[str, ...]) -> bool:
    """Whether a word is no input, and all but one."""
    lower = [each.lower() for each in known]
    return name.lower() not in lower and bool(get_close_matches(name.lower(), lower, 1, _NEAR))


def _finding(
    place: Place, message: str, name: str, known: Iterable[str], severity: Severity
) -> ReviewFinding:
    return RULE.finding(
        severity=severity,
        place=place,
        message=message,
        fix=f"Correct the name, or remove it.{did_you_mean(name, known)}",
    )


def _without(place: Place, message: str, name: str, severity: Severity) -> ReviewFinding:
    return RULE.finding(
        severity=severity,
        place=place,
        message=message,
        fix=f"Give `{name}` under `with:`.",
    )


RULE = ReviewRule(
    id="F6",
    name="unknown-input",
    severity=Severity.WARNING,
    reads="inputs of actions and of called workflows",
    certain="for what is in the repository, and for slips of well-known names",
    find=find,
)
