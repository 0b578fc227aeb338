"""How `ci` reads, shows and adds up the ends of its sessions.

The runner is a stand-in here: sessions that fail, crash or hang at a chosen moment cannot be had on
demand, and a walk takes no time. `tests/integration/test_ci.py` runs the real pipeline.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tasker_ci.context import Outcome, Status
from tasker_ci.errors import Interrupted, MissingToolError, TaskerCIError
from tasker_ci.pipeline import steps
from tasker_ci.process.command import Command, Completed
from tasker_ci.sessions import ROWS, SESSIONS, STAGES
from tasker_ci.sessions.pipeline.errors import PipelineFailed
from tasker_ci.sessions.pipeline.session import ci
from tasker_ci.testing import RecordedContext, make_context

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

NAMES = tuple(
    step.session
    for step in steps(SESSIONS, STAGES)
    if SESSIONS[step.session].stage != "integration" and step.session in ROWS.default
)
"""The sessions of a workspace whose settings name no end-to-end tests."""


def document(name: str, status: str = "passed", summary: str = "fine", **more: Any) -> str:
    return json.dumps({"session": name, "status": status, "summary": summary, **more})


def failing(exit_code: int = 7, summary: str = "broken\nin detail", **more: Any) -> Completed:
    text = document("x", "failed", summary, next_step="mend it", exit_code=exit_code, **more)
    return Completed(exit_code=exit_code, seconds=0, stdout=text, stderr="all it printed\n")


@dataclass
class StandIn:
    """Answers a session from ``answers``; every other one passes."""

    answers: Mapping[str, Completed | BaseException | Callable[..., Completed]] = field(
        default_factory=dict
    )
    commands: dict[str, Command] = field(default_factory=dict)

    def run(
        self,
        command: Command,
        *,
        cancelled: Callable[[], bool] | None = None,
        **_: Any,
    ) -> Completed:
        name = command.argv[command.argv.index("tasker_ci") + 1]
        self.commands[name] = command
        answer = self.answers.get(name)
        if answer is None:
            return Completed(exit_code=0, seconds=0, stdout=document(name), stderr="noise\n")
        if isinstance(answer, BaseException):
            raise answer
        return answer(cancelled) if callable(answer) else answer


@dataclass
class Pipeline:
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()
    color: bool = False
    context: RecordedContext = field(init=False)

    def run(self, runner: StandIn, *, fail_fast: bool = False, dry_run: bool = False) -> Outcome:
        own = {"PATH": "", "HOME": str(self.folder), "TASKER_CI_SCCACHE": "off"}
        own["TASKER_CI_PROVEN"] = "off"  # proofs have tests of their own
        self.context = make_context(
            self.folder,
            environment={**own, **self.environment},
            overrides=self.overrides,
            color=self.color,
            runner=runner,
            dry_run=dry_run,
        )
        return ci(self.context, fail_fast=fail_fast)

    @property
    def printed(self) -> str:
        return self.context.printed


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return Pipeline(tmp_path)


def by_name(data: Mapping[str, Any]) -> dict[str, Any]:
    return {each["session"]: each for each in data["sessions"]}


def test_when_all_pass_the_table_has_every_session_once_in_order(pipeline: Pipeline) -> None:
    outcome = pipeline.run(StandIn())
    assert outcome.status is Status.PASSED
    assert outcome.summary == f"{len(NAMES)} sessions passed"
    assert [each["session"] for each in outcome.data["sessions"]] == list(NAMES)
    table = pipeline.printed[pipeline.printed.index(" session ") :]
    assert [line.split()[0] for line in table.splitlines()[2 : 2 + len(NAMES)]] == list(NAMES)
    assert "noise" not in pipeline.printed, "a good session is short"
    assert re.search(r"unit: passed in [\d.]+ m?s: fine", pipeline.printed)


def test_every_session_is_a_child_with_the_same_overrides_where_the_user_stands(
    tmp_path: Path,
) -> None:
    pipeline, runner = Pipeline(tmp_path, overrides=("doc.warnings=deny",)), StandIn()
    pipeline.run(runner)
    command = runner.commands["doc"]
    assert command.argv[1:] == (
        "-P", "-m", "tasker_ci", "doc", "--json", "--set", "doc.warnings=deny",
    )  # fmt: skip
    assert command.cwd == tmp_path


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, {"FORCE_COLOR": "1", "TASKER_CI_SET": "FORCE_COLOR"}),
        ({"FORCE_COLOR": "2"}, {"FORCE_COLOR": "2", "TASKER_CI_SET": ""}),
    ],
    ids=["ours ends in the session", "the user's own stays"],
)
def test_colour_is_handed_on_to_the_sessions_and_no_further(
    tmp_path: Path, environment: dict[str, str], expected: dict[str, str]
) -> None:
    pipeline, runner = Pipeline(tmp_path, environment=environment, color=True), StandIn()
    pipeline.run(runner)
    found = runner.commands["unit"].environment
    assert {name: found[name] for name in expected} == expected


def test_a_failure_shows_the_whole_output_and_the_others_still_run(pipeline: Pipeline) -> None:
    runner = StandIn({"clippy": failing(101)})
    with pytest.raises(PipelineFailed, match=r"^clippy failed\.$") as error:
        pipeline.run(runner)
    assert error.value.exit_code == 101
    assert set(runner.commands) == set(NAMES), "doc too, although it comes after clippy"
    assert "its output:\nall it printed\n" in pipeline.printed
    assert "FAILED" in pipeline.printed
    assert "mend it" in pipeline.printed
    results = by_name(error.value.data)
    assert results["clippy"] == {
        "session": "clippy",
        "status": "failed",
        "seconds": results["clippy"]["seconds"],
        "exit_code": 101,
        "summary": "broken\nin detail",
        "next_step": "mend it",
    }


def test_the_first_failure_of_the_table_gives_the_exit_code(pipeline: Pipeline) -> None:
    with pytest.raises(PipelineFailed, match="fmt, unit failed") as error:
        pipeline.run(StandIn({"unit": failing(100), "fmt": failing(1)}))
    assert error.value.exit_code == 1


def wait_until_cancelled(cancelled: Callable[[], bool]) -> Completed:
    while not cancelled():
        threading.Event().wait(0.01)
    return Completed(exit_code=143, seconds=0, stdout=document("x", "failed", "Interrupted"))


def test_fail_fast_stops_what_runs_and_starts_nothing_more(pipeline: Pipeline) -> None:
    runner = StandIn({"unit": failing(100), "clippy": wait_until_cancelled})
    with pytest.raises(PipelineFailed, match=r"^unit failed\.$") as error:
        pipeline.run(runner, fail_fast=True)
    assert error.value.exit_code == 100
    results = by_name(error.value.data)
    assert results["clippy"]["status"] == "stopped"
    assert results["doc"]["status"] == results["doctest"]["status"] == "not run"
    assert "doc" not in runner.commands


def test_what_failed_by_itself_while_fail_fast_stopped_it_is_a_failure(pipeline: Pipeline) -> None:
    def fails_of_its_own(cancelled: Callable[[], bool]) -> Completed:
        wait_until_cancelled(cancelled)
        # The signal came when it had told its end already.
        told = document("clippy", "failed", "broken", exit_code=101)
        return Completed(exit_code=143, seconds=0, stdout=told, stderr="all it printed\n")

    with pytest.raises(PipelineFailed, match=r"^clippy, unit failed\.$") as error:
        pipeline.run(StandIn({"unit": failing(100), "clippy": fails_of_its_own}), fail_fast=True)
    assert by_name(error.value.data)["clippy"]["status"] == "failed"
    assert by_name(error.value.data)["clippy"]["exit_code"] == 101
    assert re.search(
        r"clippy: failed in [\d.]+ m?s, its output:\nall it printed\n", pipeline.printed
    )


def test_fail_fast_may_be_a_setting(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path, overrides=("ci.fail-fast=true",))
    runner = StandIn({"unit": failing(100), "clippy": wait_until_cancelled})
    with pytest.raises(PipelineFailed):
        pipeline.run(runner)
    assert "doctest" not in runner.commands


def test_a_database_that_is_not_there_is_shown_and_does_not_fail_the_pipeline(
    pipeline: Pipeline,
) -> None:
    missing = failing(3, "no advisory database\nand why", not_checked=True)
    outcome = pipeline.run(StandIn({"audit": missing}))
    assert outcome.summary == f"{len(NAMES) - 1} sessions passed; NOT CHECKED: audit"
    assert by_name(outcome.data)["audit"]["exit_code"] == 0
    row = next(line for line in pipeline.printed.splitlines() if line.strip().startswith("audit "))
    assert "NOT CHECKED" in row
    assert "no advisory database" in row


def test_under_ci_the_same_is_red(pipeline: Pipeline) -> None:
    with pytest.raises(PipelineFailed, match="audit failed") as error:
        pipeline.run(StandIn({"audit": failing(3, "no advisory database", not_checked=False)}))
    assert error.value.exit_code == 3


def test_a_skipped_session_is_green_and_says_why(pipeline: Pipeline) -> None:
    skipped = Completed(exit_code=0, seconds=0, stdout=document("doctest", "skipped", "no library"))
    outcome = pipeline.run(StandIn({"doctest": skipped}))
    assert outcome.summary == f"{len(NAMES) - 1} sessions passed"
    assert re.search(r"doctest: skipped in [\d.]+ m?s: no library", pipeline.printed)


def test_a_session_that_dies_without_a_result_is_red_with_all_it_said(pipeline: Pipeline) -> None:
    dead = Completed(exit_code=137, seconds=0, stdout="half a docu", stderr="last words\n")
    with pytest.raises(PipelineFailed) as error:
        pipeline.run(StandIn({"unit": dead}))
    assert error.value.exit_code == 137
    result = by_name(error.value.data)["unit"]
    assert result["summary"] == "killed by SIGKILL without a result"
    first, _, then = result["next_step"].partition("; then ")
    assert first == "End what it may have left: tasker-ci down --all"
    assert then == "run it alone: tasker-ci unit"
    assert "last words\nhalf a docu" in pipeline.printed


def test_a_session_that_says_nothing_and_exits_0_is_red(pipeline: Pipeline) -> None:
    silent = Completed(exit_code=0, seconds=0)
    with pytest.raises(PipelineFailed) as error:
        pipeline.run(StandIn({"unit": silent}))
    assert error.value.exit_code == 1


def test_a_session_that_claims_success_with_a_bad_exit_code_is_red(pipeline: Pipeline) -> None:
    odd = Completed(exit_code=9, seconds=0, stdout=document("unit"))
    with pytest.raises(PipelineFailed) as error:
        pipeline.run(StandIn({"unit": odd}))
    assert error.value.exit_code == 9


def test_a_session_that_cannot_be_started_is_one_failure_among_others(pipeline: Pipeline) -> None:
    runner = StandIn({"unit": MissingToolError("no python", next_step="install it")})
    with pytest.raises(PipelineFailed, match="unit failed") as error:
        pipeline.run(runner)
    assert error.value.exit_code == 3
    assert set(runner.commands) == set(NAMES)


def test_an_interruption_still_prints_the_table(pipeline: Pipeline) -> None:
    runner = StandIn({"unit": Interrupted(2), "clippy": Interrupted(2)})
    with pytest.raises(Interrupted) as error:
        pipeline.run(runner)
    assert error.value.exit_code == 130
    rows = {
        words[0]: " ".join(words[1:])
        for line in pipeline.printed.splitlines()
        if (words := line.split())
    }
    assert rows["unit"].startswith("STOPPED")
    assert rows["clippy"].startswith("STOPPED")
    assert rows["doctest"].startswith("NOT RUN")


def test_a_signal_reaches_each_session_once_so_that_all_end_in_order(pipeline: Pipeline) -> None:
    stopped_again = []

    def ends_in_order(cancelled: Callable[[], bool]) -> Completed:
        for _ in range(60):  # longer than the walk takes to see that `unit` has ended
            threading.Event().wait(0.01)
            stopped_again.append(cancelled())
        raise Interrupted(15)

    runner = StandIn({"unit": Interrupted(15), "clippy": ends_in_order})
    with pytest.raises(Interrupted):
        pipeline.run(runner)
    assert not any(stopped_again), "a second signal would kill what it has to put away"
    assert not {"doc", "doctest"} & runner.commands.keys()


def test_a_bug_in_one_session_is_not_swallowed(pipeline: Pipeline) -> None:
    with pytest.raises(ZeroDivisionError):
        pipeline.run(StandIn({"unit": ZeroDivisionError()}))


def test_a_dry_run_shows_every_command_and_starts_nothing(pipeline: Pipeline) -> None:
    runner = StandIn({name: AssertionError(f"{name} was started") for name in NAMES})
    outcome = pipeline.run(runner, dry_run=True)
    assert outcome.status is Status.SKIPPED
    assert [each["session"] for each in outcome.data["sessions"]] == list(NAMES)
    assert all(each["commands"][0]["argv"] for each in outcome.data["sessions"])
    assert runner.commands == {}


def test_on_github_the_table_is_on_the_page_and_a_failed_output_is_folded(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
    pipeline = Pipeline(tmp_path, github)
    with pytest.raises(PipelineFailed):
        pipeline.run(StandIn({"unit": failing(100, "a | b")}))
    text = page.read_text(encoding="utf-8")
    assert "| session | result | duration | what | next |" in text
    assert r"| a \| b | mend it |" in text
    assert "::group::unit: failed in" in pipeline.printed


def test_outside_of_github_there_is_none_of_that(pipeline: Pipeline) -> None:
    with pytest.raises(TaskerCIError):
        pipeline.run(StandIn({"unit": failing(100)}))
    assert "::" not in pipeline.printed
