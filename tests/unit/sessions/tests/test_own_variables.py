"""Which variables a failed test fails by; tests that run are stood in for by a function."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from tool_parts import context_with_programs

from tasker_ci.errors import CommandFailed, Interrupted
from tasker_ci.reports.run import Case, TestRun
from tasker_ci.sessions.tests import own_variables
from tasker_ci.sessions.tests.attempts import outside_of_build
from tasker_ci.sessions.tests.own_variables import (
    MAXIMUM_TESTS,
    VariableFinding,
    VariableSearch,
    added_variables,
)
from tasker_ci.tools.child_environment import child_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from tasker_ci.testing import RecordedContext

    Make = Callable[..., RecordedContext]

NAMES = ("A", "B", "C", "D")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return partial(context_with_programs, tmp_path)


def failed(name: str, seconds: float = 0.1) -> Case:
    return Case(suite="demo", name=name, status="failed", seconds=seconds)


@dataclass(kw_only=True)
class Tests:
    """Tests by name, each with the variables that have to be absent for it to pass."""

    __test__ = False

    passes_without: dict[str, set[str] | None]
    """None for a test that fails whatever is absent."""
    asked: list[tuple[list[str], tuple[str, ...]]] = field(default_factory=list)

    def __call__(self, cases: Sequence[Case], without: Collection[str], seconds: float) -> TestRun:
        assert seconds > 0
        self.asked.append(([case.name for case in cases], tuple(without)))
        return TestRun(
            cases=tuple(
                replace(case, status="passed" if self._passes(case.name, without) else "failed")
                for case in cases
            )
        )

    def _passes(self, name: str, without: Collection[str]) -> bool:
        needed = self.passes_without[name]
        return needed is not None and needed <= set(without)


def look_for_causes(
    context: RecordedContext,
    cases: Sequence[Case],
    names: tuple[str, ...],
    attempt: Callable[..., TestRun],
) -> tuple[VariableFinding, ...]:
    search = VariableSearch(context=context)
    search.look(cases, names, attempt)
    search.report()
    return tuple(search.findings)


class TestCauses:
    def found(
        self, make: Make, passes_without: dict[str, set[str] | None], names: Sequence[str] = NAMES
    ) -> dict[str, tuple[str, ...]]:
        context = make()
        tests = Tests(passes_without=passes_without)
        cases = [failed(name) for name in passes_without]
        findings = look_for_causes(context, cases, tuple(names), tests)
        return {case.name: each.variables for each in findings for case in each.cases}

    def test_one_of_several_is_found(self, make: Make) -> None:
        assert self.found(make, {"t": {"C"}}) == {"t": ("C",)}

    def test_each_test_has_its_own(self, make: Make) -> None:
        wanted = {"a": {"A"}, "b": {"B"}, "never": None, "again": {"A"}}
        assert self.found(make, wanted) == {"a": ("A",), "b": ("B",), "again": ("A",)}

    def test_two_that_matter_together_and_no_third(self, make: Make) -> None:
        assert self.found(make, {"t": {"B", "D"}}) == {"t": ("B", "D")}

    def test_one_that_also_passes_with_them_is_unstable_and_not_their_fault(
        self, make: Make
    ) -> None:
        assert self.found(make, {"flaky": set(), "t": {"A"}}) == {"t": ("A",)}

    def test_what_fails_all_the_same_is_run_once(self, make: Make) -> None:
        tests = Tests(passes_without={"t": None})
        assert look_for_causes(make(), [failed("t")], NAMES, tests) == ()
        assert tests.asked == [(["t"], NAMES)]

    def test_one_variable_is_not_looked_for_again(self, make: Make) -> None:
        tests = Tests(passes_without={"t": {"A"}})
        look_for_causes(make(), [failed("t")], ("A",), tests)
        assert [without for _, without in tests.asked] == [("A",), ()]


class TestBounds:
    def test_without_a_variable_or_a_test_nothing_runs_and_nothing_is_said(
        self, make: Make
    ) -> None:
        context = make()
        tests = Tests(passes_without={"t": {"A"}})
        assert look_for_causes(context, [failed("t")], (), tests) == ()
        assert look_for_causes(context, [], NAMES, tests) == ()
        assert not tests.asked
        assert context.printed == ""

    def test_so_many_tests_and_none_that_took_long(self, make: Make) -> None:
        context = make()
        cases = [failed("slow", 500.0), *(failed(f"t{number}") for number in range(50))]
        tests = Tests(passes_without={case.name: None for case in cases})
        look_for_causes(context, cases, NAMES, tests)
        asked = tests.asked[0][0]
        assert len(asked) == MAXIMUM_TESTS
        assert "slow" not in asked
        assert context.printed == (
            "note: running 20 of 51 failed tests once more without A, B, C, D; this changes no "
            "result.\n"
        )

    def test_one_bound_for_all_that_ran_tests_in_a_session(self, make: Make) -> None:
        search = VariableSearch(context=make())
        cases = [failed(f"t{number}") for number in range(15)]
        tests = Tests(passes_without={case.name: None for case in cases})
        for _ in range(3):
            search.look(cases, NAMES, tests)
        assert [len(names) for names, _ in tests.asked] == [15, 5]

    def test_when_the_time_is_over_nothing_is_claimed(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(own_variables, "SECONDS", 0.0)
        tests = Tests(passes_without={"t": {"A"}})
        assert look_for_causes(make(), [failed("t")], NAMES, tests) == ()

    @pytest.mark.parametrize(
        "error",
        [
            CommandFailed("it does not build"),
            OSError("no room"),
            ValueError("no JSON"),
            KeyError("x"),
        ],
    )
    def test_an_attempt_that_gets_nowhere_finds_nothing(self, make: Make, error: Exception) -> None:
        def attempt(cases: Sequence[Case], without: Collection[str], seconds: float) -> TestRun:
            raise error

        context = make()
        assert look_for_causes(context, [failed("t")], NAMES, attempt) == ()
        assert "warning" not in context.printed

    def test_what_was_sure_before_the_time_ran_out_keeps_all_names(self, make: Make) -> None:
        tests = Tests(passes_without={"t": {"A", "B"}})

        def attempt(cases: Sequence[Case], without: Collection[str], seconds: float) -> TestRun:
            if len(tests.asked) == 2:
                raise CommandFailed("the time is over")
            return tests(cases, without, seconds)

        findings = look_for_causes(make(), [failed("t")], NAMES, attempt)
        assert [each.variables for each in findings] == [NAMES]

    def test_a_signal_ends_it(self, make: Make) -> None:
        def attempt(cases: Sequence[Case], without: Collection[str], seconds: float) -> TestRun:
            raise Interrupted(2)

        with pytest.raises(Interrupted):
            look_for_causes(make(), [failed("t")], NAMES, attempt)


class TestAdvice:
    def test_it_keeps_what_is_dropped_already(self, make: Make) -> None:
        context = make(("environment.drop", "CARGO_TERM_COLOR"))
        tests = Tests(passes_without={"a": {"A"}, "b": {"B"}})
        look_for_causes(context, [failed("a"), failed("b")], ("A", "B"), tests)
        first, second, step = context.printed.splitlines()[1:]
        assert first == "warning: demo a passes without A, which the environment table adds."
        assert second == "warning: demo b passes without B, which the environment table adds."
        advice = 'environment.drop = ["CARGO_TERM_COLOR", "A", "B"]'
        assert step == f"  next: Set in .config/tasker-ci.toml: {advice}"

    def test_one_advice_for_all_that_ran_tests(self, make: Make) -> None:
        context = make()
        search = VariableSearch(context=context)
        search.look([failed("a")], ("A", "B"), Tests(passes_without={"a": {"A"}}))
        search.look([failed("b")], ("A", "B"), Tests(passes_without={"b": {"B"}}))
        search.look([failed("c")], ("A", "B"), Tests(passes_without={"c": {"A"}}))
        assert search.report() == [
            {"suite": "demo", "test": "a", "variables": ["A"]},
            {"suite": "demo", "test": "c", "variables": ["A"]},
            {"suite": "demo", "test": "b", "variables": ["B"]},
        ]
        assert "demo a, demo c pass without A, which" in context.printed
        assert context.printed.count("environment.drop") == 1

    def test_many_tests_are_one_line(self, make: Make) -> None:
        context = make()
        names = [f"t{number}" for number in range(8)]
        tests = Tests(passes_without={name: {"A"} for name in names})
        look_for_causes(context, [failed(name) for name in names], ("A",), tests)
        assert "demo t4 and 3 more pass without A, which" in context.printed

    def test_a_generated_setup_env_has_to_be_made_anew(self, make: Make, tmp_path: Path) -> None:
        action = tmp_path / ".github" / "actions" / "setup-env" / "action.yml"
        action.parent.mkdir(parents=True)
        action.touch()
        context = make()
        tests = Tests(passes_without={"t": {"A"}})
        look_for_causes(context, [failed("t")], ("A",), tests)
        assert '["A"], then run tasker-ci sync' in context.printed


class TestWhatIsOurs:
    def names(self, context: RecordedContext) -> tuple[str, ...]:
        return added_variables(context, child_environment(context, secrets=True))

    def test_what_the_process_lacks(self, make: Make) -> None:
        assert self.names(make()) == ("RUST_BACKTRACE", "RUST_LIB_BACKTRACE")
        assert self.names(make(CI="true"))[-1] == "CARGO_INCREMENTAL"

    def test_not_what_the_process_has(self, make: Make) -> None:
        assert self.names(make(RUST_BACKTRACE="1")) == ("RUST_LIB_BACKTRACE",)

    def test_what_setup_env_has_set_in_an_earlier_step(self, make: Make) -> None:
        listed = frozenset({"RUST_BACKTRACE"})
        context = replace(make(RUST_BACKTRACE="1", RUST_LIB_BACKTRACE="0"), set_before=listed)
        assert self.names(context) == ("RUST_BACKTRACE",)
        own = replace(make(RUST_BACKTRACE="full", RUST_LIB_BACKTRACE="0"), set_before=listed)
        assert self.names(own) == ()

    def test_keys_that_were_made_and_never_those_that_were_given(self, make: Make) -> None:
        preset = ("preset", "tasker")
        assert "API_KEY" in self.names(make(preset))
        given = make(preset, API_KEY="theirs")
        assert "API_KEY" not in self.names(given)
        assert "API_KEY" not in self.names(replace(given, set_before=frozenset({"API_KEY"})))

    def test_what_steers_the_build_stays_where_cargo_builds(self) -> None:
        names = ("RUST_BACKTRACE", "CARGO_INCREMENTAL", "RUSTC_WRAPPER", "SCCACHE_GHA_ENABLED", "A")
        assert outside_of_build(names) == ("RUST_BACKTRACE", "A")


def test_a_key_that_is_set_to_nothing_is_one_that_we_make(make: Make) -> None:
    given = make(("preset", "tasker"), API_KEY="")
    assert "API_KEY" in added_variables(given, {"API_KEY": "made"})
    given = make(("preset", "tasker"), API_KEY="own")
    assert "API_KEY" not in added_variables(given, {"API_KEY": "own"})


def test_a_test_that_ran_twice_passes_if_it_passed_each_time(make: Make) -> None:
    both = (failed("a"), failed("b"))
    passed = replace(both[0], status="passed"), replace(both[1], status="passed")

    def attempt(_: object, without: Collection[str], __: float) -> TestRun:
        return TestRun(cases=(both[0], *passed) if without else both)

    search = VariableSearch(context=make())
    search.look(both, ("A",), attempt)
    assert search.findings == [VariableFinding(variables=("A",), cases=both[1:])]
