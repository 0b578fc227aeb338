"""Two legs of a matrix, two commands of a job or two jobs of a workflow that do the same.

A leg costs a machine and says that a configuration was tested. Where its value changes nothing
that is built or run, it was not: a feature that another flag or a dependency switches on anyway,
a toolchain that `rust-toolchain.toml` outranks.

    matrix: { rust: [stable, 1.75] }    # rust-toolchain.toml says 1.90: both legs use that

    cargo test -p hash --features sha1       # a dev-dependency of hash switches both on:
    cargo test -p hash --features sha256     # the same tests, twice

**Certain** where every command of both legs was read, and they differ in nothing; and for two
commands that ask for other features and are given the same. A value that an action is given, such
as the key of `actions/cache/save`, is a difference. So are, of two jobs, the condition, what they
need, services, a container, outputs and a tolerance.

**Fix**: make the value count (`cargo +${{ matrix.rust }}`, `--no-default-features`, a package of
its own for what the tests need), or remove the leg.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.rust.feature_requests import split_features
from tasker_ci.sessions.review.comparable_legs import (
    BUILDS,
    around_job,
    doings,
    is_known,
    signature,
)
from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.github.job_run import JobRun
    from tasker_ci.foreign.places import Place
    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.sessions.review.subject import Subject


_MOST_NAMES = 3


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each two legs that do the same."""
    by_command: dict[int, list[Selection]] = defaultdict(list)
    for reviewed in subject.workspaces:
        for selection in reviewed.selections:
            by_command[id(selection.invocation.command)].append(selection)
    runs: dict[int, list[Command]] = defaultdict(list)
    for command in subject.reading.commands:
        runs[id(command.around.run)].append(command)
    jobs: dict[tuple[object, ...], list[JobRun]] = defaultdict(list)
    for run in subject.reading.runs:
        if run.runs is not False:
            jobs[run.workflow.path, run.job.name, id(run.caller)].append(run)
    unread = {each.place.file for each in (*subject.opaque, *subject.opaque_builds)}
    does: dict[int, Hashable | None] = {}
    workflows: dict[tuple[object, ...], list[JobRun]] = defaultdict(list)
    for (path, _, caller), legs in jobs.items():
        if path in unread:
            continue
        for leg in legs:
            does[id(leg)] = doings(leg, runs.get(id(leg), []), by_command)
        workflows[path, caller] += legs
        if len(legs) > 1:
            yield from _alike(legs, does, runs, by_command)
    for legs in workflows.values():
        yield from _twins(legs, does, runs, by_command)
    yield from _repeated(subject, runs, by_command)


def _twins(
    legs: list[JobRun],
    does: Mapping[int, Hashable | None],
    runs: Mapping[int, list[Command]],
    by_command: Mapping[int, list[Selection]],
) -> Iterator[ReviewFinding]:
    """Jobs of a workflow of which each leg does what one of the other does."""
    whole: dict[str, list[Hashable | None]] = defaultdict(list)
    first: dict[str, JobRun] = {}
    for leg in legs:
        whole[leg.job.name].append(does[id(leg)])
        first.setdefault(leg.job.name, leg)
    same: dict[Hashable, list[JobRun]] = defaultdict(list)
    for name, parts in whole.items():
        if None not in parts:
            same[frozenset(parts), around_job(first[name].job)].append(first[name])
    for one, *others in same.values():
        if others:
            yield RULE.finding(
                place=others[0].job.place,
                message=f"The jobs {one.job.name} and {others[0].job.name} do the same.",
                evidence=tuple(_evidence(runs.get(id(one), []), by_command)),
                fix="Remove one, or let it do what its name says.",
            )


def _alike(
    legs: list[JobRun],
    does: Mapping[int, Hashable | None],
    runs: Mapping[int, list[Command]],
    by_command: Mapping[int, list[Selection]],
) -> Iterator[ReviewFinding]:
    same: dict[Hashable, list[JobRun]] = defaultdict(list)
    for leg in legs:
        if does[id(leg)] is not None:
            same[does[id(leg)]].append(leg)
    for group in same.values():
        pairs = combinations(group, 2)
        for first, second in pairs:
            names = _differing(first.leg, second.leg)
            if not names:
                continue
            yield RULE.finding(
                place=first.job.place,
                message=f"Two legs of the job {first.job.name} do the same: "
                f"{_shown(first.leg, names)} and {_shown(second.leg, names)}.",
                evidence=tuple(_evidence(runs.get(id(first), []), by_command)),
                fix="Make the value count in the command, or remove the leg.",
            )
            break


def _repeated(
    subject: Subject,
    runs: Mapping[int, list[Command]],
    by_command: Mapping[int, list[Selection]],
) -> Iterator[ReviewFinding]:
    """Commands of one job that ask for other features, and test the same all the same."""
    told: set[tuple[Place, ...]] = set()
    for run in subject.reading.runs:
        same: dict[Hashable, list[Selection]] = defaultdict(list)
        for command in runs.get(id(run), []):
            selections = by_command.get(id(command), [])
            if len(selections) == 1 and _tests_plainly(selections[0]):
                variables = frozenset(command.around.variables.items())
                same[signature(selections[0]), variables].append(selections[0])
        for group in same.values():
            asked = {frozenset(_asked_for(each)) for each in group}
            places = tuple(each.invocation.command.place for each in group)
            if len(asked) == 1 or len(asked) != len({*places}) or places in told:
                continue
            told.add(places)
            yield _same_tests(group)


def _tests_plainly(selection: Selection) -> bool:
    """Whether a selection runs tests of the features that it names, with all of it known.

    `--all-features` names none: it is the same as a list only until there is one more.
    """
    invocation = selection.invocation
    known = is_known(selection) and None not in invocation.command.words
    plain = invocation.program == "cargo" and not invocation.has("--all-features")
    return known and plain and selection.action is Action.TEST


def _asked_for(selection: Selection) -> Iterator[str]:
    invocation = selection.invocation
    yield from split_features(invocation.values("--features"))
    if invocation.has("--no-default-features") and _has_defaults(selection):
        yield "--no-default-features"


def _has_defaults(selection: Selection) -> bool:
    """Whether there is something to switch off: else the flag stands there for the future."""
    chosen = selection.packages or ()
    packages = (each for each in selection.workspace.packages if each.name in chosen)
    return any(each.features.get("default") for each in packages)


def _same_tests(group: list[Selection]) -> ReviewFinding:
    first = group[0].invocation
    names = sorted(group[0].packages or ())
    shown = ", ".join(names[:_MOST_NAMES]) + (" and more" if len(names) > _MOST_NAMES else "")
    on = sorted(group[0].features.get(names[0]) or ()) if len(names) == 1 else []
    ends = f"{shown} has the features {', '.join(on)} in each" if on else "the features are alike"
    return RULE.finding(
        place=first.command.place,
        message=f"{len(group)} commands of the job {first.command.around.run.job.name} ask for"
        f" other features of {shown}, and test the same.",
        evidence=(
            *(
                f"{each.invocation.command.place} `{each.invocation.command.text}`"
                for each in group
            ),
            f"{ends}: dependencies of its tests, or its defaults, switch them on",
        ),
        fix="Make the features count, or remove all commands but one.",
    )


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [name for name in {**one, **other} if one.get(name) != other.get(name)]


def _shown(leg: Mapping[str, Any], names: list[str]) -> str:
    return ", ".join(f"{name} = {leg.get(name, '(none)')}" for name in names)


def _evidence(commands: list[Command], by_command: Mapping[int, list[Selection]]) -> Iterator[str]:
    for command in commands:
        for selection in by_command.get(id(command), [])[:1]:
            if selection.action in BUILDS:
                toolchain = selection.toolchain or "the machine's own"
                yield (
                    f"{command.place} `{command.text}`: the same packages, features and "
                    f"toolchain ({toolchain}) in both"
                )


RULE = ReviewRule(
    id="T3",
    name="leg-without-effect",
    severity=Severity.ERROR,
    reads="matrices, features, toolchains, every command of both legs",
    certain="where every command of both legs was read",
    find=find,
)
