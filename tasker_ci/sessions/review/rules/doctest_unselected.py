"""Examples in documentation that no job tests.

Nextest runs no doctests, and neither does `cargo test` with a flag that names targets (`--lib`,
`--tests`, `--all-targets`). A CI that moved to nextest loses them in silence.

    - run: cargo nextest run --workspace     # and nowhere: cargo test --doc --workspace

**Certain** where every workflow, script and recipe was read to the end.

**Fix**: add `cargo test --doc --workspace` to a job.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.places import Place
from tasker_ci.rust.documentation import is_rust
from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.plurals import are, counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.rust.declarations import DocumentationExample
    from tasker_ci.rust.reach import Arrival
    from tasker_ci.sessions.review.subject import ReviewedWorkspace, Subject

_MOST = 4
_NOT_COMPILED = "`cfg("


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each workspace."""
    if not subject.complete:
        return
    for reviewed in subject.tested:
        testing = [each for each in reviewed.selections if each.action is Action.TEST]
        possible = [each for each in reviewed.possible if each.action is Action.TEST]
        if lost := _lost(reviewed, [*testing, *possible]):
            yield _finding(subject, lost)


@dataclass(frozen=True, kw_only=True)
class _Lost:
    """An example that no job tests."""

    file: Path
    example: DocumentationExample
    reasons: Mapping[str, str]
    """Why not, by the place and text of each command."""


def _lost(reviewed: ReviewedWorkspace, testing: Sequence[Selection]) -> dict[str, list[_Lost]]:
    """The examples that no job tests, by package."""
    lost: dict[str, list[_Lost]] = defaultdict(list)
    for file, arrivals in reviewed.reach.arrivals.items():
        libraries = [each for each in arrivals if each.target.doctested]
        for example in reviewed.reach.sources[file].examples if libraries else ():
            if not is_rust(example.code):
                continue
            reasons = _reasons(example, libraries, testing)
            if reasons is not None:
                found = _Lost(file=file, example=example, reasons=reasons)
                lost[libraries[0].package.name].append(found)
    return lost


def _reasons(
    example: DocumentationExample, libraries: Sequence[Arrival], testing: Sequence[Selection]
) -> dict[str, str] | None:
    """Why each command leaves an example out; None for one that is tested, or never can be."""
    reasons: dict[str, str] = {}
    for arrival in libraries:
        conditions = (*arrival.conditions, *example.conditions)
        if any(condition.holds(_in_rustdoc) is False for condition in conditions):
            return None
        for selection in testing:
            verdict = selection.compiles(arrival.package, arrival.target, conditions, doctests=True)
            if verdict.selected is not False:
                return None
            command = selection.invocation.command
            reasons.setdefault(f"{command.place} `{command.text}`", verdict.why)
    return reasons


def _in_rustdoc(name: str, value: str | None) -> bool | None:
    """What rustdoc sets for sure: never `test`."""
    return False if name == "test" and value is None else None


def _finding(subject: Subject, lost: Mapping[str, Sequence[_Lost]]) -> ReviewFinding:
    examples = [each for own in lost.values() for each in own]
    first = examples[0]
    what = f"{counted(len(examples), 'example')} in the documentation of {listed(lost)}"
    # A command that comes to the example, and does not compile it, is the nearest.
    reasons = sorted(first.reasons.items(), key=lambda each: not each[1].startswith(_NOT_COMPILED))
    compiled = bool(reasons) and reasons[0][1].startswith(_NOT_COMPILED)
    return RULE.finding(
        place=Place(PurePosixPath(subject.relative(first.file)), first.example.line),
        message=f"{what} {are(len(examples))} tested by no job.",
        evidence=tuple(f"{command}: {why}" for command, why in reasons)[:_MOST]
        or ("no job runs `cargo test`",),
        tests=tuple(f"{subject.relative(each.file)}:{each.example.line}" for each in examples),
        fix="Add `cargo test --doc --workspace --all-features` to a job."
        if compiled
        else "Add `cargo test --doc --workspace` to a job.",
    )


RULE = ReviewRule(
    id="T2",
    name="doctest-unselected",
    severity=Severity.ERROR,
    reads="manifests, documentation, every command of the jobs",
    certain="where everything that could run one was read to the end",
    find=find,
)
