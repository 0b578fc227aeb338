"""The smallest change to a CI after which it runs tests that it loses."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from tasker_ci.foreign.selections.reachability import (
    UNBUILT,
    UNCOMPILED,
    UNMET,
    UNSELECTED,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasker_ci.foreign.selections.reachability import FoundTest
    from tasker_ci.rust.conditions import Known
    from tasker_ci.sessions.review.subject import Subject

_MOST_NAMES = 3
_MOST_FEATURES = 8
"""So many are tried in all their sets."""

_FLAGS = {
    "lib": "--lib",
    "proc-macro": "--lib",
    "bin": "--bins",
    "test": "--tests",
    "example": "--examples",
    "bench": "--benches",
}


@dataclass(frozen=True, order=True)
class FeatureChange:
    """Features to switch on, and such to switch off."""

    on: tuple[str, ...] = ()
    off: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = [f"with `{','.join(self.on)}`"] if self.on else []
        words += [f"without `{','.join(self.off)}`"] if self.off else []
        return " and ".join(words)


def smallest_change(subject: Subject, tests: Sequence[FoundTest]) -> str:
    """What to write, for tests that are lost by one cause, to the command that comes nearest."""
    first = tests[0]
    if not first.reasons:
        manifest = subject.relative(first.package.manifest)
        return f"Add `cargo test --manifest-path {manifest}` to a job."
    nearest = first.reasons[0]
    place = nearest.selection.invocation.command.place
    if nearest.depth == UNSELECTED:
        packages = sorted({each.package.name for each in tests})
        flags = " ".join(f"-p {name}" for name in packages[:_MOST_NAMES])
        return f"Add `--workspace` in {place}, or a command with `{flags}`."
    if nearest.depth == UNBUILT and (flag := _FLAGS.get(first.target.kind)):
        return f"Add `{flag}` in {place}, or a command with it."
    if nearest.depth in {UNMET, UNCOMPILED}:
        return _compiled(tests, str(place), nearest.why)
    return f"Add a command beside {place} that takes them."


def _compiled(tests: Sequence[FoundTest], place: str, why: str) -> str:
    """The change for tests whose target is built without them."""
    package = tests[0].package
    asked = {name for each in tests for name in _features_of(each)}
    undeclared = sorted(name for name in asked if "/" not in name and name not in package.features)
    changes = sorted({change for each in tests if (change := feature_change(each)) is not None})
    named = {name for change in changes for name in (*change.on, *change.off)}
    if undeclared and (not changes or named & {*undeclared}):
        name = undeclared[0]
        return f"Declare the feature `{name}` of {package.name}, or remove what stands behind it."
    if not changes:
        return f"Add a job in which it is otherwise: {why}."
    if not any(change.off for change in changes):
        names = sorted({name for change in changes for name in change.on})
        flags = ",".join(name if "/" in name else f"{package.name}/{name}" for name in names)
        return f"Add `--features {flags}` in {place}, or a command that has it."
    builds = "; ".join(map(str, changes[:_MOST_NAMES]))
    more = f"; and {len(changes) - _MOST_NAMES} more" if len(changes) > _MOST_NAMES else ""
    return f"Add a command beside {place} that builds {package.name} {builds}{more}."


def _features_of(test: FoundTest) -> set[str]:
    names = {
        value
        for condition in test.conditions
        for name, value in condition.names()
        if name == "feature" and value is not None
    }
    return names | {*test.target.required_features}


def feature_change(test: FoundTest) -> FeatureChange | None:
    """The fewest features whose change lets the nearest command compile a test.

    None where no change of features does, or where it has too many of them.
    """
    names = sorted(_features_of(test))
    if not test.reasons or not 0 < len(names) <= _MOST_FEATURES:
        return None
    known = test.reasons[0].selection.known(test.package, test.target)
    for size in range(1, len(names) + 1):
        for changed in combinations(names, size):
            if _holds(test, _with(known, frozenset(changed))):
                return FeatureChange(
                    on=tuple(name for name in changed if not known("feature", name)),
                    off=tuple(name for name in changed if known("feature", name)),
                )
    return None


def _with(known: Known, changed: frozenset[str]) -> Known:
    def other(name: str, value: str | None) -> bool | None:
        said = known(name, value)
        return not said if name == "feature" and value in changed else said

    return other


def _holds(test: FoundTest, known: Known) -> bool:
    required = all(known("feature", name) for name in test.target.required_features)
    return required and all(each.holds(known) is not False for each in test.conditions)
