"""Examples in documentation that no job tests.

Nextest runs no doctests, and neither does `cargo test` with a flag that names targets (`--lib`,
`--tests`, `--all-targets`). A CI that moved to nextest loses them in silence.

    - run: cargo nextest run --workspace     # and nowhere: cargo test --doc --workspace

**Certain** where every workflow, script and recipe was read to the end.

**Fix**: add `cargo test --doc --workspace` to a job.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.places import Place
from tasker_ci.rust.documentation import is_rust
from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.lost_tests import listed
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.plurals import are, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.rust.declarations import DocumentationExample
    from tasker_ci.rust.reach import Arrival
    from tasker_ci.sessions.review.subject import ReviewedWorkspace, Subject

_MOST = 4


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each workspace."""
    if not subject.complete:
        return
    for reviewed in subject.workspaces:
        testing = [each for each in reviewed.selections if each.action is Action.TEST]
        possible = [each for each in reviewed.possible if each.action is Action.TEST]
        if lost := _lost(reviewed, [*testing, *possible]):
            yield _finding(subject, lost, testing)


def _lost(
    reviewed: ReviewedWorkspace, testing: Sequence[Selection]
) -> dict[str, list[tuple[Path, DocumentationExample]]]:
    """The examples that no job tests, by package."""
    lost: dict[str, list[tuple[Path, DocumentationExample]]] = {}
    for file, arrivals in reviewed.reach.arrivals.items():
        libraries = [each for each in arrivals if each.target.doctested]
        for example in reviewed.reach.sources[file].examples if libraries else ():
            if is_rust(example.code) and not _may_be_tested(example, libraries, testing):
                lost.setdefault(libraries[0].package.name, []).append((file, example))
    return lost


def _may_be_tested(
    example: DocumentationExample, libraries: Sequence[Arrival], testing: Sequence[Selection]
) -> bool:
    for arrival in libraries:
        conditions = (*arrival.conditions, *example.conditions)
        for selection in testing:
            verdict = selection.compiles(arrival.package, arrival.target, conditions, doctests=True)
            if verdict.selected is not False:
                return True
    return False


def _finding(
    subject: Subject,
    lost: Mapping[str, Sequence[tuple[Path, DocumentationExample]]],
    testing: Sequence[Selection],
) -> ReviewFinding:
    examples = [each for own in lost.values() for each in own]
    file, first = examples[0]
    commands = dict.fromkeys(
        f"{each.invocation.command.place} `{each.invocation.command.text}`" for each in testing
    )
    what = f"{counted(len(examples), 'example')} in the documentation of {listed(lost)}"
    return ReviewFinding(
        rule=RULE.id,
        severity=RULE.severity,
        place=Place(PurePosixPath(subject.relative(file)), first.line),
        message=f"{what} {are(len(examples))} tested by no job.",
        evidence=tuple(f"{each} tests no documentation of these" for each in commands)[:_MOST]
        or ("no job runs `cargo test`",),
        tests=tuple(f"{subject.relative(file)}:{example.line}" for file, example in examples),
        fix="Add `cargo test --doc --workspace` to a job.",
    )


RULE = ReviewRule(
    id="T2",
    name="doctest-unselected",
    severity=Severity.ERROR,
    reads="manifests, documentation, every command of the jobs",
    certain="where everything that could run one was read to the end",
    find=find,
)
