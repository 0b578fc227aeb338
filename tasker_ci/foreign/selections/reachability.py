"""Which tests the jobs of a CI run, and why not the others."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.rust.declarations import OF_MACRO
from tasker_ci.rust.harness import target_table
from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.foreign.selections.verdict import Verdict
    from tasker_ci.rust.conditions import Condition
    from tasker_ci.rust.declarations import Test
    from tasker_ci.rust.reach import Arrival, Reach
    from tasker_ci.rust.workspace import Package, Target

_COMPILES = {
    *(Action.TEST, Action.COMPILE_TESTS, Action.BENCH, Action.BUILD, Action.CHECK, Action.LINT),
}
_HARNESS = {"test", "tokio::test"}
"""Attributes that the compiler's own harness alone finds."""


_PLAIN = {*_HARNESS, "async_std::test", "actix_web::test", "actix_rt::test", "sqlx::test"}
"""Attributes that make one test of the function's own name; others may make several."""


UNSELECTED, UNBUILT, UNMET, UNCOMPILED, FILTERED = range(5)
"""How near a command comes to a test: its package, its target, the features that the target
requires, what is compiled of it, its filter."""


class TestFate(StrEnum):
    """What becomes of a test in the jobs of a CI."""

    __test__ = False

    RUN = "run"
    COMPILED = "only compiled"
    LOST = "run by no job"
    IGNORED = "ignored, and no job asks for ignored tests"
    UNDECIDED = "not decided"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why one selection does not run a test."""

    selection: Selection
    why: str
    depth: int
    """How near it came: `UNSELECTED` to `FILTERED`."""


@dataclass(frozen=True, kw_only=True)
class FoundTest:
    """One test with its fate."""

    file: Path
    test: Test
    package: Package
    target: Target
    fate: TestFate
    conditions: tuple[Condition, ...] = ()
    """What has to hold for it to be compiled."""
    reasons: tuple[Reason, ...] = ()
    """The nearest first; for a test that runs none."""


@dataclass(frozen=True, kw_only=True)
class Fates:
    """The fates of all tests of one workspace."""

    tests: tuple[FoundTest, ...]

    def of(self, fate: TestFate) -> tuple[FoundTest, ...]:
        """The tests with one fate."""
        return tuple(each for each in self.tests if each.fate is fate)


@dataclass(frozen=True, kw_only=True)
class _Answers:
    """What all selections say of the tests of one target behind the same conditions."""

    perhaps: tuple[tuple[Selection, Verdict, int], ...]
    """Those that compile them or may do so; the filter decides."""
    nearest: tuple[Reason, ...]
    """Why the others do not, the nearest first."""
    compiled: bool
    possible: tuple[Selection, ...]
    """Calls of an unknown folder that may run them."""


class Reachability:
    """Asks every selection about every test, each question once."""

    def __init__(
        self,
        reach: Reach,
        selections: Sequence[Selection],
        possible: Sequence[Selection] = (),
    ) -> None:
        self._reach = reach
        self._selections = selections
        self._possible = [each for each in possible if each.action is Action.TEST]
        self._answers: dict[tuple[str, str, str, tuple[Condition, ...]], _Answers] = {}
        self._harness: dict[tuple[str, str, str], bool] = {}

    @cached_property
    def _running(self) -> tuple[Selection, ...]:
        return tuple(each for each in self._selections if each.action is Action.TEST)

    def fates(self) -> Fates:
        """The fate of every test that a target reaches."""
        return Fates(tests=tuple(self._all()))

    def again(self, tests: Iterable[FoundTest]) -> Iterator[FoundTest]:
        """The fate of tests that were found with other selections."""
        for each in tests:
            found = self._fate(each.file, each.test, self._reach.arrivals[each.file])
            if found is not None:
                yield found

    def _all(self) -> Iterator[FoundTest]:
        reach = self._reach
        for file, arrivals in reach.arrivals.items():
            for test in reach.sources[file].tests:
                if test.inside is None:
                    found = self._fate(file, test, arrivals)
                    if found is not None:
                        yield found

    def _fate(self, file: Path, test: Test, arrivals: Sequence[Arrival]) -> FoundTest | None:
        whole = [each for each in arrivals if self._harnessed(each, test)]
        if not whole:
            return None  # a harness of its own decides what it runs
        reasons: list[Reason] = []
        unknown = ignored = False
        answers = [self._of(each, test) for each in whole]
        for arrival, answer in zip(whole, answers, strict=True):
            for selection, built, near in answer.perhaps:
                verdict, depth = built, near
                if built.selected:
                    verdict, depth = _filtered(selection, arrival, test, test.ignored), FILTERED
                    ignored |= test.ignored and bool(
                        _filtered(selection, arrival, test, ignored=False).selected
                    )
                if verdict.selected:
                    return _found(file, test, arrival, TestFate.RUN)
                unknown |= verdict.selected is None
                reasons.append(Reason(selection=selection, why=verdict.why, depth=depth))
        unknown |= test.module == OF_MACRO  # whoever calls the macro decides
        unknown = unknown or any(map(self._may_run, whole, answers, repeat(test)))
        compiled = any(each.compiled for each in answers)
        fate = TestFate.COMPILED if compiled else TestFate.LOST
        if unknown:
            fate = TestFate.UNDECIDED
        nearest: Sequence[Reason] = answers[0].nearest
        if reasons or len(answers) > 1:
            left_out = (reason for each in answers for reason in each.nearest)
            nearest = sorted((*reasons, *left_out), key=lambda each: -each.depth)
        return _found(file, test, whole[0], TestFate.IGNORED if ignored else fate, nearest)

    def _may_run(self, arrival: Arrival, answer: _Answers, test: Test) -> bool:
        """Whether a call whose folder is not known may run a test."""
        return any(
            _filtered(selection, arrival, test, test.ignored).selected is not False
            for selection in answer.possible
        )

    def _of(self, arrival: Arrival, test: Test) -> _Answers:
        """What all selections say of the tests of a target behind the same conditions."""
        conditions = (*arrival.conditions, *test.conditions)
        key = (arrival.package.name, arrival.target.kind, arrival.target.name, conditions)
        if key not in self._answers:
            self._answers[key] = self._asked(arrival, conditions)
        return self._answers[key]

    def _asked(self, arrival: Arrival, conditions: tuple[Condition, ...]) -> _Answers:
        package, target = arrival.package, arrival.target
        perhaps: list[tuple[Selection, Verdict, int]] = []
        left_out: list[Reason] = []
        for selection in self._running:
            verdict, depth = _answer(selection, package, target, conditions)
            if verdict.selected is False:
                left_out.append(Reason(selection=selection, why=verdict.why, depth=depth))
            else:
                perhaps.append((selection, verdict, depth))
        compiling = (each for each in self._selections if each.action in _COMPILES)
        return _Answers(
            perhaps=tuple(perhaps),
            nearest=tuple(sorted(left_out, key=lambda each: -each.depth)),
            compiled=any(
                _answer(each, package, target, conditions)[0].selected for each in compiling
            ),
            possible=tuple(
                each
                for each in self._possible
                if _answer(each, package, target, conditions)[0].selected is not False
            ),
        )

    def _harnessed(self, arrival: Arrival, test: Test) -> bool:
        if test.attribute not in _HARNESS:
            return True
        package, target = arrival.package, arrival.target
        key = (package.name, target.kind, target.name)
        if key not in self._harness:
            table = target_table(read_tables(package.manifest), package, target)
            self._harness[key] = table.get("harness") is not False
        return self._harness[key]


def _answer(
    selection: Selection, package: Package, target: Target, conditions: tuple[Condition, ...]
) -> tuple[Verdict, int]:
    """Whether a selection compiles what stands behind conditions, and how near it comes."""
    verdict = selection.builds(package, target)
    if verdict.selected is False:
        return verdict, _nearness(selection, package, target)
    further = selection.compiles(package, target, conditions)
    if further.selected is False or verdict.selected:
        return further, UNCOMPILED
    return verdict, UNMET


def _nearness(selection: Selection, package: Package, target: Target) -> int:
    """How near a selection comes that does not build a target as a test."""
    if package.name not in (selection.packages or {package.name}):
        return UNSELECTED
    return UNBUILT if selection.targets.takes(target) is False else UNMET


def _filtered(selection: Selection, arrival: Arrival, test: Test, ignored: bool) -> Verdict:  # noqa: FBT001
    """Whether the filters of a call leave a test in; a name that is not known may be any."""
    name = "::".join(filter(None, (arrival.modules, test.module, test.name)))
    verdict = selection.runs(arrival.package, arrival.target, name, ignored=ignored)
    whole = arrival.modules is not None and test.attribute in _PLAIN and "$" not in name
    if verdict.selected is False and not whole:
        return replace(verdict, selected=None)
    return verdict


def _found(
    file: Path, test: Test, arrival: Arrival, fate: TestFate, reasons: Sequence[Reason] = ()
) -> FoundTest:
    return FoundTest(
        file=file,
        test=test,
        package=arrival.package,
        target=arrival.target,
        fate=fate,
        conditions=(*arrival.conditions, *test.conditions),
        reasons=tuple(reasons),
    )


def by_cause(tests: Iterable[FoundTest]) -> tuple[list[FoundTest], ...]:
    """Tests that are lost by one cause, together.

    That is one reason at the command that comes nearest; of one package whatever it compiles not.
    """
    found: dict[tuple[object, ...], list[FoundTest]] = defaultdict(list)
    for each in tests:
        cause: tuple[object, ...] = ()
        if each.reasons:
            nearest = each.reasons[0]
            place = nearest.selection.invocation.command.place
            by = nearest.why if nearest.depth <= UNBUILT else each.package.name
            cause = (place, nearest.depth, by)
        found[cause].append(each)
    return tuple(found.values())
