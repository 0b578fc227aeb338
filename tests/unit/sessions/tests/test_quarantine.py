"""The quarantine of tests: what settings may name, in which order all runs, and what stays red."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import SettingsError, UsageError
from tasker_ci.reports.junit import read_junit, write_junit
from tasker_ci.reports.run import Case, TestRun
from tasker_ci.sessions.history.record import Record, quarantined_of, results_of
from tasker_ci.sessions.tests.errors import NoTestsError
from tasker_ci.sessions.tests.nextest_choice import Choice, nextest_configuration, unit_scope
from tasker_ci.sessions.tests.part import SessionPart
from tasker_ci.sessions.tests.proves import unit_proves
from tasker_ci.sessions.tests.quarantine import quarantine_of
from tasker_ci.sessions.tests.quarantine_end import green_runs
from tasker_ci.sessions.tests.quarantine_run import QuarantineRun
from tasker_ci.settings.quarantine import QuarantinedTest
from tasker_ci.testing import RecordedContext, RecordingRunner, make_context

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.process.command import Command

TODAY = date(2026, 12, 1)
LATER = date(2027, 1, 1)


def entry(test: str, reason: str = "races", review: date = LATER) -> QuarantinedTest:
    return QuarantinedTest(test=test, reason=reason, review=review)


def listed(*tests: str) -> str:
    suites: dict[str, dict[str, object]] = {}
    for test in tests:
        binary, _, name = test.partition(" ")
        cases = suites.setdefault(binary, {"testcases": {}})["testcases"]
        assert isinstance(cases, dict)
        cases[name] = {"filter-match": {"status": "matches"}}
    return json.dumps({"rust-suites": suites})


def failing(name: str, kind: str = "test failure with exit code 101", **more: bool) -> Case:
    return Case("a::it", name, "failed", details=(("type", kind),), error=bool(more.get("error")))


def in_two_parts(
    folder: Path,
    ends: dict[str, SessionPart | NoTestsError],
    *entries: QuarantinedTest,
    choice: Choice | None = None,
    passthrough: tuple[str, ...] = (),
    answer: str = listed("a::it flaky"),
) -> tuple[list[SessionPart], list[Command], RecordedContext]:
    """Run stand-ins: ``ends`` by ``others`` and ``held``; nextest lists ``answer``."""
    runner = RecordingRunner({"cargo nextest list": answer})
    context = make_context(folder, runner=runner, passthrough=passthrough)
    held = quarantine_of(context, "unit", entries or (entry("test(=flaky)"),), TODAY)
    assert held is not None
    run = QuarantineRun(
        context=context,
        choice=choice or Choice(profile="default"),
        scope=unit_scope(context),
        configuration=nextest_configuration(context),
        quarantine=held,
        environment={},
    )
    commands: list[Command] = []

    def end(command: Command) -> SessionPart:
        commands.append(command)
        found = ends["held" if command.argv == run.held().argv else "others"]
        if isinstance(found, NoTestsError):
            raise found
        return found

    return list(run.parts(folder / "junit.xml", end)), commands, context


def part(*cases: Case, exit_code: int = 0) -> SessionPart:
    return SessionPart(run=TestRun(cases=cases), exit_code=exit_code)


GOOD = part(Case("a::it", "good", "passed"))
NOTHING = NoTestsError("Nothing ran.", exit_code=4)


def test_a_failure_in_quarantine_is_counted_and_not_red(tmp_path: Path) -> None:
    ends = {"others": GOOD, "held": part(failing("flaky"), exit_code=100)}
    (others, held), commands, _ = in_two_parts(tmp_path, ends)
    assert others.run.count("passed") == 1
    (case,) = held.run.cases
    assert (case.status, held.exit_code) == ("quarantined", 0)
    assert "races (review 2027-01-01" in case.quarantine
    first, second = (command.argv for command in commands)
    assert "not ((test(=flaky)))" in first
    assert "(test(=flaky))" in second
    assert "--no-fail-fast" in second


@pytest.mark.parametrize(
    "case",
    [
        failing("flaky", "test timeout"),
        failing("flaky", "execution failure", error=True),
        failing("flaky", "test exited with code 0, but leaked handles", error=True),
        failing("flaky", ""),
        Case("@setup-script:db", "db", "failed"),
    ],
    ids=["timeout", "harness", "leak", "unknown", "script"],
)
def test_what_is_no_failure_of_the_test_itself_stays_red(tmp_path: Path, case: Case) -> None:
    ends = {"others": GOOD, "held": part(case, exit_code=100)}
    (_, held), _, _ = in_two_parts(tmp_path, ends)
    assert held.exit_code == 100
    assert held.run.having("failed")


def test_a_test_in_quarantine_that_did_not_run_is_red(tmp_path: Path) -> None:
    ends = {"others": GOOD, "held": part(failing("flaky"), exit_code=100)}
    answer = listed("a::it flaky", "a::it lost")
    (_, held), _, _ = in_two_parts(tmp_path, ends, answer=answer)
    (lost,) = held.run.having("failed")
    assert (lost.name, held.exit_code) == ("lost", 100)


def test_a_red_code_without_a_failed_test_stays(tmp_path: Path) -> None:
    ends = {"others": GOOD, "held": part(Case("a::it", "flaky", "passed"), exit_code=100)}
    (_, held), _, _ = in_two_parts(tmp_path, ends)
    assert held.exit_code == 100


def test_the_others_are_judged_as_ever(tmp_path: Path) -> None:
    ends = {"others": part(failing("good"), exit_code=100), "held": GOOD}
    (others, _), _, _ = in_two_parts(tmp_path, ends)
    assert (others.exit_code, others.run.count("failed")) == (100, 1)


def test_only_tests_in_quarantine_may_be_chosen(tmp_path: Path) -> None:
    ends = {"others": NOTHING, "held": part(failing("flaky"), exit_code=100)}
    choice = Choice(profile="default", filterset="test(=flaky)")
    (held,), _, _ = in_two_parts(tmp_path, ends, choice=choice)
    assert held.run.count("quarantined") == 1


def test_no_test_at_all_is_no_success(tmp_path: Path) -> None:
    choice = Choice(profile="default", packages=("b",))
    ends: dict[str, SessionPart | NoTestsError] = {"others": NOTHING, "held": NOTHING}
    with pytest.raises(NoTestsError, match="Nothing ran"):
        in_two_parts(tmp_path, ends, choice=choice, answer=listed())


def test_what_matches_nothing_is_an_error_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="matches no test") as error:
        in_two_parts(tmp_path, {"others": GOOD}, answer=listed())
    assert error.value.exit_code == 2


def test_a_run_of_one_package_does_not_say_what_the_workspace_has(tmp_path: Path) -> None:
    choice = Choice(profile="default", packages=("b",))
    parts, commands, _ = in_two_parts(tmp_path, {"others": GOOD}, choice=choice, answer=listed())
    assert len(commands) == 1, "nothing of the quarantine is in this package"
    assert parts[0].run.count("passed") == 1


def test_what_stops_a_run_is_not_handed_to_those_in_quarantine(tmp_path: Path) -> None:
    words = ("--max-fail", "1", "--fail-fast", "name", "--", "--max-fail")
    ends = {"others": GOOD, "held": GOOD}
    _, (first, second), _ = in_two_parts(tmp_path, ends, passthrough=words)
    assert first.argv[-6:] == words
    assert second.argv[-3:] == ("name", "--", "--max-fail")


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ((entry(""),), "the `test` of a quarantine is empty"),
        ((entry("all()", " "),), "the `reason` of a quarantine is empty"),
        ((entry("test(a)"), entry(" test(a) ")), "is in quarantine already"),
    ],
)
def test_an_entry_that_says_nothing_is_refused(
    tmp_path: Path, entries: tuple[QuarantinedTest, ...], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        quarantine_of(make_context(tmp_path), "unit", entries, TODAY)


def test_past_its_review_an_entry_counts_no_more_and_wins_over_others(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    past = entry("test(=a)", review=TODAY)
    assert quarantine_of(context, "unit", (past,), TODAY) is None
    assert "its failure is red again" in context.printed.replace("\n", " ")
    found = quarantine_of(context, "unit", (past, entry("test(b)")), TODAY)
    assert found is not None
    assert found.filterset == "((test(b))) - ((test(=a)))"
    assert found.without("package(x)") == "(package(x)) - (((test(b))) - ((test(=a))))"


def test_a_filterset_of_the_users_own_is_refused(tmp_path: Path) -> None:
    context = make_context(tmp_path, passthrough=("-E", "all()"))
    with pytest.raises(UsageError, match="with `or`"):
        quarantine_of(context, "unit", (entry("test(a)"),), TODAY)


def test_a_proof_ends_at_the_first_review(tmp_path: Path) -> None:
    rows = ", ".join(
        f'{{test = "test({day})", reason = "r", review = 2027-01-0{day}}}' for day in (3, 2)
    )
    context = make_context(tmp_path, overrides=(f"unit.quarantine=[{rows}]",))
    assert unit_proves(context).until == date(2027, 1, 2)


def test_the_report_keeps_the_failure_and_its_mark(tmp_path: Path) -> None:
    ends = {"others": GOOD, "held": part(failing("flaky"), exit_code=100)}
    (_, held), _, _ = in_two_parts(tmp_path, ends)
    file = tmp_path / "report.xml"
    write_junit(held.run, file)
    assert 'type="test failure with exit code 101"' in file.read_text("utf-8")
    assert 'failures="1"' in file.read_text("utf-8")
    again = read_junit(file)
    assert again.count("quarantined") == 1
    assert again.in_quarantine[0].quarantine == held.run.cases[0].quarantine
    ((key, (status, _)),) = results_of(again).items()
    assert status == "failed"
    assert quarantined_of(again) == {key}


def test_green_runs_count_from_the_newest_until_one_was_not_green() -> None:
    def record(*statuses: str) -> Record:
        tests = {("a::it", "", f"t{n}"): (each, 0.1) for n, each in enumerate(statuses)}
        now = datetime(2026, 12, 1, tzinfo=UTC)
        return Record(run="r", session="unit", started=now, seconds=1, status="passed", tests=tests)  # type: ignore[arg-type]

    tests = {("a::it", "t0"), ("a::it", "t1")}
    records = [record("passed", "passed"), record(), record("passed"), record("skipped")]
    assert green_runs(records, tests) == 2
    assert green_runs([*records, record("flaky"), record("passed")], tests) == 2
