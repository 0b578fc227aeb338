"""The choreography that all test sessions share; the parts stand for programs that ran."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from junit_files import case, suite, suites
from tool_parts import context_with_programs

from tasker_ci.reports.errors import TestsFailed
from tasker_ci.reports.junit import read_junit
from tasker_ci.reports.run import Case, TestRun
from tasker_ci.rust.workspace import Workspace
from tasker_ci.sessions.tests.errors import NoTestsError
from tasker_ci.sessions.tests.nextest_choice import Choice
from tasker_ci.sessions.tests.outcome import BUILT_ONLY
from tasker_ci.sessions.tests.part import SessionPart
from tasker_ci.sessions.tests.session_run import SessionRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = TestRun(cases=(Case(suite="a", name="good", status="passed"),))
BAD = TestRun(cases=(Case(suite="it", name="bad", status="failed", output="says why"),))


def session_run(folder: Path, *parts: SessionPart, **more: Any) -> SessionRun:
    workspace = Workspace(root=folder, target_directory=folder / "target", packages=())
    return SessionRun(
        context=context_with_programs(folder),
        session="unit",
        workspace=workspace,
        toolchain="beta",
        report=folder / "target" / "tasker-ci" / "reports" / "unit.xml",
        parts=lambda: parts,
        rerun=lambda case: f"again {case.name}",
        **{"choice": Choice(profile="ci"), **more},
    )


def test_the_parts_are_one_result_and_one_report(tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    junit.write_text(suites(suite('name="n"', case('name="first"'))), encoding="utf-8")
    nextest = SessionPart(run=read_junit(junit), report=junit, build_seconds=2.0, left_out=("x",))
    other = SessionPart(run=GOOD, suite="a", build_seconds=1.0)
    run = session_run(tmp_path, nextest, other, SessionPart(run=TestRun(cases=())))
    outcome = run.run()
    assert outcome.summary.startswith("2 passed, 0 failed, 0 skipped, 0 flaky (build ")
    assert outcome.data["build_seconds"] == 3.0
    assert outcome.data["left_out_by_default_filter"] == ["x"]
    assert [each.name for each in read_junit(run.report).cases] == ["first", "good"]
    text = run.report.read_text(encoding="utf-8")
    assert all(word in text for word in ('session="unit"', 'profile="ci"', 'toolchain="beta"'))


def test_the_first_code_that_is_none_of_success_counts_and_the_report_is_kept(
    tmp_path: Path,
) -> None:
    searched: list[str] = []
    parts = (
        SessionPart(run=GOOD, causes=lambda _: searched.append("good")),
        SessionPart(run=BAD, exit_code=101, suite="it", causes=lambda _: searched.append("bad")),
        SessionPart(run=GOOD, exit_code=4),
    )
    run = session_run(tmp_path, *parts, searches=True)
    with pytest.raises(TestsFailed, match="1 of 3 tests failed") as error:
        run.run()
    assert (error.value.exit_code, searched) == (101, ["good", "bad"])
    assert error.value.data["failures"][0]["rerun"] == "again bad"
    assert error.value.data["passes_without"] == []
    assert len(read_junit(run.report).cases) == 3
    with pytest.raises(TestsFailed) as error:
        replace(run, searches=False).run()
    assert "passes_without" not in error.value.data


@pytest.mark.parametrize(("suite", "shown"), [("", 1), ("it", 0)])
def test_what_nextest_keeps_quiet_is_shown_and_nothing_twice(
    tmp_path: Path, suite: str, shown: int
) -> None:
    run = session_run(tmp_path, SessionPart(run=BAD, exit_code=1, suite=suite), quiet=True)
    with pytest.raises(TestsFailed):
        run.run()
    lines = [line.strip() for line in run.context.printed.splitlines()]
    assert lines.count("says why") == shown


def test_words_by_which_nothing_runs_end_it_before_any_other_part(tmp_path: Path) -> None:
    def parts() -> Iterator[SessionPart]:
        yield SessionPart(run=TestRun(cases=()), built_only=True)
        pytest.fail("nothing more is run")

    run = replace(session_run(tmp_path), parts=parts)
    assert run.run().summary == BUILT_ONLY
    assert not run.report.exists()


def test_no_test_is_what_the_session_makes_of_it(tmp_path: Path) -> None:
    nothing = SessionPart(run=TestRun(cases=()))

    def refuses() -> bool:
        message = "Nothing ran."
        raise NoTestsError(message)

    run = session_run(tmp_path, nothing, without_tests=refuses)
    run.report.parent.mkdir(parents=True)
    run.report.write_text("of an earlier run", encoding="utf-8")
    with pytest.raises(NoTestsError):
        run.run()
    assert not run.report.exists(), "an old result is none of this run"
    assert not session_run(tmp_path, nothing).run().data["empty_shard"]
    shard = Choice(profile="ci", partition="slice:2/2")
    for more in ({"without_tests": lambda: True}, {"without_tests": refuses}):
        part = replace(nothing, empty_shard=more["without_tests"] is refuses)
        outcome = session_run(tmp_path, part, choice=shard, **more).run()
        assert outcome.summary == "the shard slice:2/2 is empty: no test falls into it"
        assert outcome.data["empty_shard"]


def test_a_session_without_nextest_has_no_profile(tmp_path: Path) -> None:
    run = session_run(tmp_path, SessionPart(run=GOOD), choice=None)
    outcome = run.run()
    assert not {"profile", "empty_shard"} & outcome.data.keys()
    assert "profile" not in run.report.read_text(encoding="utf-8")
