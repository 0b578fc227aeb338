"""What the exit code and the report of nextest mean together; no nextest runs here."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from junit_files import FAILURE, case, suite, suites

from tasker_ci.errors import CommandFailed, ReportError
from tasker_ci.process.command import Command, Completed
from tasker_ci.reports import documents, open_element
from tasker_ci.reports.errors import TestsFailed
from tasker_ci.reports.junit import read_junit, write_junit
from tasker_ci.reports.run import Case, TestRun
from tasker_ci.rust.workspace import Workspace
from tasker_ci.sessions.tests import nextest_run
from tasker_ci.sessions.tests.errors import TargetEnded
from tasker_ci.sessions.tests.nextest_choice import Choice, NextestScope
from tasker_ci.sessions.tests.nextest_listing import named_tests
from tasker_ci.sessions.tests.nextest_run import nextest_ending
from tasker_ci.sessions.tests.outcome import SessionEnding, _verdict, conclude, nextest_again
from tasker_ci.testing import RecordedContext, make_context
from tasker_ci.tools.nextest import SCRIPT_FAILED, TESTS_FAILED

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.sessions.tests.part import SessionPart

SCRIPT = suites(
    suite(
        'name="@setup-script:db"',
        case('name="db"', '<failure type="script failure with exit code 1"/>'),
    )
)
"""What nextest 0.9.148 writes, without its properties and times."""


def ending(folder: Path, code: int, text: str | None) -> SessionPart:
    """How a run with this exit code and report ends."""
    junit = folder / "junit.xml"
    if text is not None:
        junit.write_text(text, encoding="utf-8")
    return nextest_ending(
        make_context(folder),
        Completed(exit_code=code, seconds=1.0),
        Command(argv=("cargo", "nextest", "run"), cwd=folder, environment={}),
        Choice(profile="default"),
        junit,
        Workspace(root=folder, target_directory=folder / "target", packages=()),
        NextestScope(session="unit", features="all", without_tests=""),
    )


def test_a_setup_script_that_failed_is_counted_named_and_run_again_by_the_session(
    tmp_path: Path,
) -> None:
    found = ending(tmp_path, SCRIPT_FAILED, SCRIPT)
    assert found.exit_code == SCRIPT_FAILED
    (script,) = found.run.having("failed")
    assert (script.name, script.reason) == ("db", "script failure with exit code 1")
    assert _verdict(found.run, ()) == "The setup script db failed, so nextest ran no test."
    again = nextest_again(make_context(tmp_path), "unit", Choice(profile="ci"), script)
    assert again == "tasker-ci unit --profile ci"
    part = Choice(profile="ci", packages=("a",), partition="slice:2/2", filterset="all()")
    given = replace(make_context(tmp_path), passthrough=("-E", "test(x)"))
    assert nextest_again(given, "unit", part, script) == (
        "tasker-ci unit --profile ci --package a --filter 'all()' --partition slice:2/2 "
        "-- -E 'test(x)'"
    ), "the script is one of that part of the tests"
    test = Case(suite="a", name="t", status="failed")
    again = nextest_again(given, "unit", part, test)
    assert again == "tasker-ci unit --profile ci --filter 'binary_id(=a) & test(=t)'"


@pytest.mark.parametrize("text", [None, suites(suite('name="s"', case('name="t"')))])
def test_a_script_that_failed_and_is_in_no_report_is_said(
    tmp_path: Path, text: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failure(
        _: RecordedContext, __: Command, completed: Completed, meaning: str, step: str
    ) -> CommandFailed:
        """Without the questions to cargo, which the integration tests have."""
        return CommandFailed(meaning, exit_code=completed.exit_code, next_step=step)

    monkeypatch.setattr(nextest_run, "failure_of", failure)
    with pytest.raises(CommandFailed, match="A setup script failed") as error:
        ending(tmp_path, SCRIPT_FAILED, text)
    assert error.value.exit_code == SCRIPT_FAILED


@pytest.mark.parametrize("text", [None, "", "<testsuites>", "<!DOCTYPE x><testsuites/>"])
def test_a_report_that_cannot_be_read_does_not_hide_that_tests_failed(
    tmp_path: Path, text: str | None
) -> None:
    with pytest.raises(TestsFailed, match=r"Tests failed; .* The") as error:
        ending(tmp_path, TESTS_FAILED, text)
    assert error.value.exit_code == TESTS_FAILED
    with pytest.raises(ReportError):
        ending(tmp_path, 0, text)


def test_above_the_limit_failures_are_named_and_their_texts_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = "x" * 99 + "\n"
    output = f"begin\n{noise * 3000}thread 't' panicked at src/lib.rs:8:5:\nlost"
    text = suites(
        suite(
            'name="demo"',
            case('name="t"', f"<failure>{output}</failure><system-out>{output}</system-out>"),
            case('name="fine"'),
            case('name="again"', f'<flakyFailure message="{"m" * 200_000}"/>'),
        )
    )
    monkeypatch.setattr(documents, "MAXIMUM_BYTES", 10_000)
    found = ending(tmp_path, TESTS_FAILED, text)
    assert found.exit_code == TESTS_FAILED
    (failed,) = found.run.having("failed")
    assert (failed.name, failed.location, failed.reason) == ("t", ("src/lib.rs", 8, 5), "lost")
    assert str(failed.output).startswith("begin")
    assert "characters left out" in str(failed.output)
    assert len(str(failed.output)) + len(str(failed.stdout)) < 140_000
    (flaky,) = found.run.flaky
    assert len(flaky.others[0].message) < 70_000
    write_junit(TestRun(cases=()), tmp_path / "kept.xml", base=tmp_path / "junit.xml")
    monkeypatch.undo()
    kept = read_junit(tmp_path / "kept.xml")
    assert kept.cases == found.run.cases, "the report that is kept has been cut already"


def test_all_texts_of_a_large_report_together_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MAXIMUM_BYTES", 10_000)
    monkeypatch.setattr(open_element, "CUT_TOTAL", 200_000)
    cases = (
        case(f'name="t{number}"', FAILURE.replace("/>", f">{'y' * 200_000}</failure>"))
        for number in range(40)
    )
    run = ending(tmp_path, TESTS_FAILED, suites(suite('name="s"', *cases))).run
    assert len(run.having("failed")) == 40
    assert sum(len(str(each.output)) for each in run.cases) < 500_000


@pytest.mark.parametrize("nothing", ["", "null", "[]", '{"rust-suites": {"a": {}}}'])
def test_what_nextest_would_run_is_what_it_says(nothing: str) -> None:
    """Also an ignored test, where `--run-ignored` makes it one that would run."""
    matches, ignored = {"status": "matches"}, {"status": "mismatch", "reason": "ignored"}
    cases = {
        "runs": {"ignored": False, "filter-match": matches},
        "runs too": {"ignored": True, "filter-match": matches},
        "stays out": {"ignored": True, "filter-match": ignored},
    }
    listed = json.dumps({"rust-suites": {"one": {"testcases": cases}}})
    found = named_tests(Completed(exit_code=0, seconds=0.1, stdout=listed))
    assert list(found) == ["one runs", "one runs too"]
    assert not named_tests(Completed(exit_code=1, seconds=0.1, stdout=nothing))


def test_a_target_that_ended_early_is_the_verdict_only_where_it_is_the_only_failure(
    tmp_path: Path,
) -> None:
    early = Case(suite="it", name="it", status="failed", message="ended")
    folder = Workspace(root=tmp_path, target_directory=tmp_path / "target", packages=())

    def end(*cases: Case) -> None:
        conclude(
            make_context(tmp_path),
            SessionEnding(
                session="unit",
                choice=Choice(profile="default"),
                workspace=folder,
                report=tmp_path / "unit.xml",
                build_seconds=None,
                run=TestRun(cases=cases),
                exit_code=0,
                empty_shard=False,
                ended_early=("it: the target ended before its tests did",),
            ),
            lambda _: "",
        )

    with pytest.raises(TargetEnded, match="it: the target ended before its tests did"):
        end(early)
    with pytest.raises(TestsFailed, match="2 of 2 tests failed") as error:
        end(early, Case(suite="core", name="t", status="failed", message="bad"))
    assert not isinstance(error.value, TargetEnded)
