"""How `ci` reads, shows and adds up the ends of its sessions.

The sessions are stand-ins here: one that fails, breaks or hangs at a chosen moment cannot be had on
demand, and a walk takes no time. `tests/integration/test_ci.py` runs the real pipeline.
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import (
    CommandFailed,
    Interrupted,
    MissingToolError,
    NotChecked,
    TaskerCIError,
    UsageError,
)
from tasker_ci.pipeline import steps
from tasker_ci.process.command import Completed
from tasker_ci.sessions import ROWS, SESSIONS, STAGES
from tasker_ci.sessions.history.record_folder import History
from tasker_ci.sessions.pipeline.errors import PipelineFailed
from tasker_ci.sessions.pipeline.results import SessionResult
from tasker_ci.sessions.pipeline.session import ci
from tasker_ci.testing import RecordedContext, RecordingRunner, make_context

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tasker_ci.session import Session

NAMES = tuple(
    step.session
    for step in steps(SESSIONS, STAGES)
    if SESSIONS[step.session].stage != "integration" and step.session in ROWS.default
    if SESSIONS[step.session].only_where is None
)
"""The sessions of a workspace without settings, and without what asks for others."""


Ending = Outcome | BaseException


def failing(exit_code: int = 7, summary: str = "broken\nin detail") -> CommandFailed:
    return CommandFailed(summary, next_step="fix it", exit_code=exit_code)


@dataclass
class StandIn:
    """Ends a session as ``endings`` say; every other one passes."""

    endings: Mapping[str, Ending | Callable[[Context], Ending]] = field(default_factory=dict)
    contexts: dict[str, Context] = field(default_factory=dict)
    options: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def run(
        self, context: Context, name: str, _session: Session, options: Mapping[str, Any]
    ) -> Outcome:
        self.contexts[name] = context
        self.options[name] = options
        ending = self.endings.get(name, Outcome(summary="fine"))
        context.reporter.line(f"all that {name} printed")
        if callable(ending):
            ending = ending(context)
        if isinstance(ending, BaseException):
            raise ending
        return ending


@dataclass
class Pipeline:
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    environment: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()
    color: bool = False
    runner: RecordingRunner = field(default_factory=RecordingRunner)
    context: RecordedContext = field(init=False)

    def run(
        self,
        sessions: StandIn,
        *,
        fail_fast: bool = False,
        dry_run: bool = False,
        failed: bool = False,
        only: tuple[str, ...] = (),
        changed: tuple[str, ...] = (),
    ) -> Outcome:
        own = {"PATH": "", "HOME": str(self.folder), "TASKER_CI_SCCACHE": "off"}
        own["TASKER_CI_PROVEN"] = "off"  # proofs have tests of their own
        self.context = make_context(
            self.folder,
            environment={**own, **self.environment},
            overrides=("check-directory=apart", *self.overrides),
            color=self.color,
            runner=self.runner,
            dry_run=dry_run,
        )
        self.monkeypatch.setattr("tasker_ci.sessions.pipeline.beside.run_session", sessions.run)
        return ci(self.context, fail_fast=fail_fast, failed=failed, only=only, changed=changed)

    @property
    def printed(self) -> str:
        return self.context.printed


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    return Pipeline(tmp_path, monkeypatch)


def by_name(data: Mapping[str, Any]) -> dict[str, Any]:
    return {each["session"]: each for each in data["sessions"]}


def test_when_all_pass_the_table_has_every_session_once_in_order(pipeline: Pipeline) -> None:
    outcome = pipeline.run(StandIn())
    assert outcome.status is Status.PASSED
    assert outcome.summary == f"{len(NAMES)} sessions passed"
    assert [each["session"] for each in outcome.data["sessions"]] == list(NAMES)
    table = pipeline.printed[pipeline.printed.index(" session ") :]
    assert [line.split()[0] for line in table.splitlines()[2 : 2 + len(NAMES)]] == list(NAMES)
    assert "all that" not in pipeline.printed, "a good session is short"
    assert re.search(r"unit: passed in [\d.]+ m?s: fine", pipeline.printed)


def test_every_session_has_what_ci_has_but_a_screen_and_a_reason_to_stop_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(tmp_path, monkeypatch, overrides=("doc.warnings=deny",), color=True)
    sessions = StandIn()
    pipeline.run(sessions)
    whole, doc = pipeline.context, sessions.contexts["doc"]
    assert (doc.loaded, doc.overrides, doc.directory) == (
        whole.loaded, whole.overrides, whole.directory
    )  # fmt: skip
    assert doc.environment == whole.environment, "colour is the reporter's, and no test gets it"
    assert doc.reporter.color
    screens = {context.reporter.stream for context in sessions.contexts.values()}
    reasons = {context.runner.cancellation for context in sessions.contexts.values()}
    assert len(screens) == len(reasons) == len(NAMES)
    computed: list[Context] = []
    assert doc.once(lambda each: computed.append(each) or 1, "x") == 1
    assert sessions.contexts["clippy"].once(lambda each: computed.append(each) or 2, "x") == 1
    assert len(computed) == 1, "what one has found out, all others know"


def test_a_session_that_runs_nothing_of_the_project_gets_no_folder_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(tmp_path, monkeypatch, environment={"PATH": "/usr/bin:relative"})
    sessions = StandIn()
    pipeline.run(sessions)
    for name, context in sessions.contexts.items():
        assert context.runs_code is bool(SESSIONS[name].runs)
        path = "/usr/bin:relative" if context.runs_code else "/usr/bin"
        assert context.environment["PATH"] == path, name
    assert not all(context.runs_code for context in sessions.contexts.values())


def test_a_failure_shows_the_whole_output_and_the_others_still_run(pipeline: Pipeline) -> None:
    sessions = StandIn({"clippy": failing(101)})
    with pytest.raises(PipelineFailed, match=r"^clippy failed\.$") as error:
        pipeline.run(sessions)
    assert error.value.exit_code == 101
    assert set(sessions.contexts) == set(NAMES), "doc too, although it comes after clippy"
    assert "its output:\nall that clippy printed\n" in pipeline.printed
    assert "FAILED" in pipeline.printed
    assert "fix it" in pipeline.printed
    results = by_name(error.value.data)
    assert results["clippy"] == {
        "session": "clippy",
        "status": "failed",
        "seconds": results["clippy"]["seconds"],
        "exit_code": 101,
        "summary": "broken\nin detail",
        "next_step": "fix it",
    }


def test_the_first_failure_of_the_table_gives_the_exit_code(pipeline: Pipeline) -> None:
    with pytest.raises(PipelineFailed, match="fmt, unit failed") as error:
        pipeline.run(StandIn({"unit": failing(100), "fmt": failing(1)}))
    assert error.value.exit_code == 1


def wait_for_the_end(context: Context) -> Outcome:
    context.runner.cancellation.pause(600)
    pytest.fail("nothing stopped it")


def test_fail_fast_stops_what_runs_and_starts_nothing_more(pipeline: Pipeline) -> None:
    sessions = StandIn({"unit": failing(100), "clippy": wait_for_the_end})
    with pytest.raises(PipelineFailed, match=r"^unit failed\.$") as error:
        pipeline.run(sessions, fail_fast=True)
    assert error.value.exit_code == 100
    results = by_name(error.value.data)
    assert results["clippy"]["status"] == "stopped"
    assert results["doc"]["status"] == results["doctest"]["status"] == "not run"
    assert "doc" not in sessions.contexts


def test_what_failed_by_itself_while_fail_fast_stopped_it_is_a_failure(pipeline: Pipeline) -> None:
    def fails_of_its_own(context: Context) -> CommandFailed:
        with pytest.raises(Interrupted):
            wait_for_the_end(context)
        return failing(101)  # its child had failed when it was told to stop

    with pytest.raises(PipelineFailed, match=r"^clippy, unit failed\.$") as error:
        pipeline.run(StandIn({"unit": failing(100), "clippy": fails_of_its_own}), fail_fast=True)
    assert by_name(error.value.data)["clippy"]["status"] == "failed"
    assert by_name(error.value.data)["clippy"]["exit_code"] == 101
    assert re.search(
        r"clippy: failed in [\d.]+ m?s, its output:\nall that clippy printed\n", pipeline.printed
    )


def test_fail_fast_may_be_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(tmp_path, monkeypatch, overrides=("ci.fail-fast=true",))
    sessions = StandIn({"unit": failing(100), "clippy": wait_for_the_end})
    with pytest.raises(PipelineFailed):
        pipeline.run(sessions)
    assert "doctest" not in sessions.contexts


def test_a_database_that_is_not_there_is_shown_and_does_not_fail_the_pipeline(
    pipeline: Pipeline,
) -> None:
    missing = NotChecked("no advisory database\nand why", exit_code=3)
    outcome = pipeline.run(StandIn({"audit": missing}))
    assert outcome.summary == f"{len(NAMES) - 1} sessions passed; NOT CHECKED: audit"
    assert by_name(outcome.data)["audit"]["exit_code"] == 0
    row = next(line for line in pipeline.printed.splitlines() if line.strip().startswith("audit "))
    assert "NOT CHECKED" in row
    assert "no advisory database" in row


def test_under_ci_the_same_is_red(pipeline: Pipeline) -> None:
    with pytest.raises(PipelineFailed, match="audit failed") as error:
        pipeline.run(StandIn({"audit": failing(3, "no advisory database")}))
    assert error.value.exit_code == 3


def test_a_skipped_session_is_green_and_says_why(pipeline: Pipeline) -> None:
    skipped = Outcome(summary="no library", status=Status.SKIPPED)
    outcome = pipeline.run(StandIn({"doctest": skipped}))
    assert outcome.summary == f"{len(NAMES) - 1} sessions passed"
    assert re.search(r"doctest: skipped in [\d.]+ m?s: no library", pipeline.printed)


def test_a_session_that_cannot_be_started_is_one_failure_among_others(pipeline: Pipeline) -> None:
    sessions = StandIn({"unit": MissingToolError("no python", next_step="install it")})
    with pytest.raises(PipelineFailed, match="unit failed") as error:
        pipeline.run(sessions)
    assert error.value.exit_code == 3
    assert set(sessions.contexts) == set(NAMES)


def test_an_interruption_still_prints_the_table(pipeline: Pipeline) -> None:
    sessions = StandIn({"unit": Interrupted(2), "clippy": Interrupted(2)})
    with pytest.raises(Interrupted) as error:
        pipeline.run(sessions)
    assert error.value.exit_code == 130
    rows = {
        words[0]: " ".join(words[1:])
        for line in pipeline.printed.splitlines()
        if (words := line.split())
    }
    assert rows["unit"].startswith("STOPPED")
    assert rows["clippy"].startswith("STOPPED")
    assert rows["doctest"].startswith("NOT RUN")


def test_a_signal_reaches_all_sessions_and_none_starts_after_it(pipeline: Pipeline) -> None:
    def interrupts(context: Context) -> Outcome:
        pipeline.runner.cancellation.receive(signal.SIGTERM)  # as the handler of the process does
        return wait_for_the_end(context)

    sessions = StandIn({"unit": interrupts, "clippy": wait_for_the_end})
    with pytest.raises(Interrupted) as error:
        pipeline.run(sessions)
    assert error.value.exit_code == 143
    assert not {"doc", "doctest"} & sessions.contexts.keys()
    assert not any(each.runner.cancellation.impatient for each in sessions.contexts.values())


def test_two_sessions_are_torn_down_apart(pipeline: Pipeline) -> None:
    """A signal while one session clears up ends another that only waits."""
    torn: list[str] = []

    def teardown(context: Context) -> Outcome:
        def clear(_: BaseException | None) -> None:
            pipeline.runner.cancellation.receive(signal.SIGINT)
            context.runner.cancellation.pause(0.3)
            torn.append("whole")

        context.runner.cancellation.guard(lambda: None, clear)
        pytest.fail("the signal was lost")

    with pytest.raises(Interrupted):
        pipeline.run(StandIn({"unit": teardown, "clippy": wait_for_the_end}))
    assert torn == ["whole"]


def test_a_bug_in_one_session_is_told_as_one_and_the_others_run(pipeline: Pipeline) -> None:
    sessions = StandIn({"unit": ZeroDivisionError("by zero")})
    with pytest.raises(PipelineFailed, match="unit failed"):
        pipeline.run(sessions)
    assert "tasker-ci itself failed (ZeroDivisionError: by zero)" in pipeline.printed
    assert set(sessions.contexts) == set(NAMES)


def test_a_dry_run_shows_every_command_and_starts_nothing(pipeline: Pipeline) -> None:
    sessions = StandIn({name: AssertionError(f"{name} was started") for name in NAMES})
    outcome = pipeline.run(sessions, dry_run=True)
    assert outcome.status is Status.SKIPPED
    assert [each["session"] for each in outcome.data["sessions"]] == list(NAMES)
    assert all(each["commands"][0]["argv"] for each in outcome.data["sessions"])
    assert sessions.contexts == {}


def test_on_github_the_table_is_on_the_page_and_a_failed_output_is_folded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
    pipeline = Pipeline(tmp_path, monkeypatch, github)
    with pytest.raises(PipelineFailed):
        pipeline.run(StandIn({"unit": failing(100, "a | b")}))
    text = page.read_text(encoding="utf-8")
    assert "| session | result | duration | what | next |" in text
    assert r"| a \| b | fix it |" in text
    assert "::group::unit: failed in" in pipeline.printed


def test_outside_of_github_there_is_none_of_that(pipeline: Pipeline) -> None:
    with pytest.raises(TaskerCIError):
        pipeline.run(StandIn({"unit": failing(100)}))
    assert "::" not in pipeline.printed


@dataclass
class OneIsProven:
    """Stands in for `Proofs`: the session ``name`` need not run."""

    name: str
    reasons: Mapping[str, str] = field(default_factory=lambda: {"fmt": "a.rs changed"})
    ended_ones: dict[str, str] = field(default_factory=dict)
    kept: bool = False

    def proven(self, name: str) -> SessionResult | None:
        by = {
            "run": "old",
            "commit": "1a2b3c4",
            "made": "2026",
            "age": 120.0,
            "report": "",
        }
        if name != self.name:
            return None
        return SessionResult(session=name, status="proven", summary="3 passed", proven=by)

    def ended(self, name: str, result: SessionResult) -> None:
        self.ended_ones[name] = result.status

    def keep(self) -> None:
        self.kept = True


def test_what_is_proven_is_not_run_and_all_say_so(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    proofs, sessions = OneIsProven("unit"), StandIn()
    pipeline.runner = RecordingRunner({"git": Completed(exit_code=128)})  # no repository
    monkeypatch.setattr("tasker_ci.sessions.pipeline.session.proofs_of", lambda *_, **__: proofs)
    pipeline.environment = {"TASKER_RUN": "new", "TASKER_RUN_CODE": "{}"}
    outcome = pipeline.run(sessions)
    assert sessions.contexts.keys() == {*NAMES} - {"unit"}, "doctest too, which comes after it"
    assert outcome.summary == f"{len(NAMES) - 1} sessions passed, 1 proven"
    said = by_name(outcome.data)["unit"]
    assert (said["status"], said["proven"]["run"]) == ("proven", "old")
    assert by_name(outcome.data)["fmt"]["because"] == "a.rs changed"
    assert pipeline.printed.count("proven (2 min ago, 1a2b3c4)") == 2, "in a line and in the table"
    assert proofs.ended_ones == dict.fromkeys({*NAMES} - {"unit"}, "passed")
    assert proofs.kept
    history = History(folders=(pipeline.folder / ".tasker-ci" / "history",))
    (record,) = history.records(["unit"])
    assert (record.status, record.proven["commit"]) == ("proven", "1a2b3c4")


class TestCompilations:
    """What compiles into one directory does so in turn; what it runs then runs beside the next."""

    @pytest.fixture
    def met(self) -> Event:
        return Event()

    def test_the_next_begins_when_cargo_has_compiled(self, pipeline: Pipeline, met: Event) -> None:
        def unit(context: Context) -> Outcome:
            context.reporter.line("   Compiling demo v0.1.0")
            assert not met.wait(0.5), "two compile into one directory"
            context.reporter.line("    Finished `test` profile [unoptimized] target(s) in 0.25s")
            assert met.wait(60), "the next waits for the end of the tests"
            return Outcome(summary="fine")

        def doctest(_: Context) -> Outcome:
            met.set()
            return Outcome(summary="fine")

        pipeline.run(StandIn({"unit": unit, "doctest": doctest}))

    def test_without_a_word_of_cargo_s_the_end_counts(self, pipeline: Pipeline, met: Event) -> None:
        def unit(_: Context) -> Outcome:
            assert not met.wait(0.5)
            return Outcome(summary="fine")

        def doctest(_: Context) -> Outcome:
            met.set()
            return Outcome(summary="fine")

        pipeline.run(StandIn({"unit": unit, "doctest": doctest}))
        assert met.is_set()

    @pytest.mark.parametrize("directories", ["apart", "shared"])
    def test_in_one_directory_clippy_waits_for_the_build(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, met: Event, directories: str
    ) -> None:
        def unit(_: Context) -> Outcome:
            assert met.wait(0.5 if directories == "shared" else 60) is (directories == "apart")
            return Outcome(summary="fine")

        def clippy(_: Context) -> Outcome:
            met.set()
            return Outcome(summary="fine")

        chosen = (f"check-directory={directories}",)
        pipeline = Pipeline(tmp_path, monkeypatch, overrides=chosen)
        pipeline.run(StandIn({"unit": unit, "clippy": clippy}))

    def test_a_dry_run_says_which_directories_and_why(self, pipeline: Pipeline) -> None:
        pipeline.run(StandIn(), dry_run=True)
        first = pipeline.printed.splitlines()[0]
        assert first.startswith(
            "Two target directories, one for what checks and one for what builds"
        )
        assert first.endswith("the setting `check-directory` is 'apart'.")


def ran(outcome: Outcome) -> set[str]:
    return {each["session"] for each in outcome.data["sessions"]}


def test_failed_runs_again_what_was_red_not_checked_or_never_began(pipeline: Pipeline) -> None:
    first = StandIn({"unit": failing(100), "audit": NotChecked("no database", next_step="get it")})
    with pytest.raises(PipelineFailed) as error:
        pipeline.run(first)
    assert "ci --failed" in error.value.next_step
    again = pipeline.run(StandIn(), failed=True)
    assert ran(again) == {"unit", "audit"}
    assert "s ago: audit (not checked), unit (failed)" in pipeline.printed
    rest = len(NAMES) - 2
    assert again.summary.endswith(f"; {rest} of the pipeline did not run")
    assert again.data["failed"]["sessions"]["unit"] == "failed"
    nothing = pipeline.run(StandIn(), failed=True)
    assert (nothing.status, nothing.summary) == (
        Status.SKIPPED,
        "nothing was red in the last run",
    )


def test_what_a_signal_cut_off_is_left_and_so_is_what_it_kept_from_starting(
    pipeline: Pipeline,
) -> None:
    with pytest.raises(Interrupted):
        pipeline.run(StandIn({"unit": Interrupted(2), "fmt": Outcome(summary="fine")}))
    sessions = StandIn()
    pipeline.run(sessions, failed=True)
    assert {"unit", "doctest"} <= sessions.contexts.keys()
    assert "fmt" not in sessions.contexts


def test_what_is_red_once_more_is_left_once_more(pipeline: Pipeline) -> None:
    for failed in (False, True, True):
        with pytest.raises(PipelineFailed):
            pipeline.run(StandIn({"unit": failing(100)}), failed=failed)
    assert ran(pipeline.run(StandIn(), failed=True)) == {"unit"}


def test_without_a_last_run_failed_is_an_error_and_not_green(pipeline: Pipeline) -> None:
    with pytest.raises(UsageError, match="No run of `ci` is known here") as error:
        pipeline.run(StandIn(), failed=True)
    assert error.value.exit_code == 2
    assert error.value.next_step == "Run tasker-ci ci."


def test_a_dry_run_of_what_failed_shows_just_that_and_changes_nothing(pipeline: Pipeline) -> None:
    with pytest.raises(PipelineFailed):
        pipeline.run(StandIn({"fmt": failing(1)}))
    assert ran(pipeline.run(StandIn(), failed=True, dry_run=True)) == {"fmt"}
    assert ran(pipeline.run(StandIn(), failed=True)) == {"fmt"}


def test_only_these_sessions_run_and_what_they_wait_for_is_not_missed(pipeline: Pipeline) -> None:
    sessions = StandIn()
    outcome = pipeline.run(sessions, only=("doctest", "fmt"))
    assert ran(outcome) == {"doctest", "fmt"} == sessions.contexts.keys()
    assert outcome.summary.startswith("2 sessions passed; ")


def test_what_the_last_run_left_of_these_runs_again(pipeline: Pipeline) -> None:
    with pytest.raises(PipelineFailed):
        pipeline.run(StandIn({"unit": failing(100), "fmt": failing(1)}))
    assert ran(pipeline.run(StandIn(), failed=True, only=("fmt", "doc"))) == {"fmt"}
    nothing = pipeline.run(StandIn(), failed=True, only=("fmt",))
    assert nothing.summary == "nothing of these was red in the last run"
    assert ran(pipeline.run(StandIn(), failed=True)) == {"unit"}


def test_a_session_that_the_pipeline_does_not_have_is_refused(pipeline: Pipeline) -> None:
    with pytest.raises(UsageError, match="Did you mean `clippy`") as error:
        pipeline.run(StandIn(), only=("clipy",))
    assert "fmt" in error.value.next_step


def test_changed_files_go_to_the_sessions_that_can_run_a_part(pipeline: Pipeline) -> None:
    sessions = StandIn()
    pipeline.run(sessions, changed=("src/lib.rs",))
    for name in ("unit", "doctest"):
        assert sessions.options[name]["affected"] is True
        assert sessions.options[name]["changed"] == ("src/lib.rs",)
    assert "changed" not in sessions.options["clippy"]
