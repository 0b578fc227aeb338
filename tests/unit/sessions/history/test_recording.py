"""The record of a session's run: what is in it, and that it never costs the run anything."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import Interrupted
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.reports.errors import TestsFailed
from tasker_ci.reports.run import Case, TestRun
from tasker_ci.sessions import SESSIONS
from tasker_ci.sessions.audit.errors import AuditNotChecked
from tasker_ci.sessions.history import recording
from tasker_ci.sessions.history.record_folder import History
from tasker_ci.sessions.history.recording import (
    CODE_VARIABLE,
    RUN_VARIABLE,
    Code,
    run_name,
    run_recorded,
)
from tasker_ci.testing import RecordedContext, make_context
from tasker_ci.tools.child_environment import child_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasker_ci.session import Session
    from tasker_ci.sessions.history.record import Record

COMMIT = "0123456789012345678901234567890123456789"


def context(folder: Path, **environment: str) -> RecordedContext:
    return make_context(
        folder,
        environment={"PATH": "/usr/bin:/bin", "TASKER_CI_SCCACHE": "off", **environment},
        runner=ProcessRunner(Cancellation()),
    )


class Row:
    """Stands in for a row of the table of sessions: one function, imported from nowhere."""

    compiles = ""

    def __init__(self, function: Callable[..., Outcome], *, walks: bool = False) -> None:
        self.load = lambda: function
        self.walks = walks


def run(given: Context, function: Callable[..., Outcome], **options: Any) -> Outcome:
    walks = options.pop("walks", False)
    return run_recorded(given, "unit", cast("Session", Row(function, walks=walks)), options)


def records(folder: Path) -> list[Record]:
    return list(History(folders=(folder / ".tasker-ci" / "history",)).records())


RUN = TestRun(cases=(Case(suite="s", name="n", status="passed", seconds=0.5),))
DATA = {"report": "/w/unit.xml", "profile": "ci", "build_seconds": 2.0, "test_seconds": 0.5}


def has_tests(context: Context, **flags: Any) -> Outcome:
    return Outcome(summary="fine", data=DATA, run=RUN)


def test_a_run_is_kept_with_its_tests_times_and_wishes(tmp_path: Path) -> None:
    given = replace(context(tmp_path), passthrough=("-j", "a b"), overrides=("x.y=secret",))
    run(
        given, has_tests, package=("core", "it"), partition="slice:1/2", toolchain="beta",
        filter=None, no_fail_fast=True,
    )  # fmt: skip
    (found,) = records(tmp_path)
    assert (found.session, found.status, found.exit_code) == ("unit", "passed", 0)
    assert found.tests == {("s", "", "n"): ("passed", 0.5)}
    assert (found.profile, found.toolchain, found.partition) == ("ci", "beta", "slice:1/2")
    assert (found.build_seconds, found.test_seconds) == (2.0, 0.5)
    assert found.arguments == (
        "--no-fail-fast", "--package", "core", "--package", "it", "--set", "x.y", "--", "-j 'a b'",
    )  # fmt: skip
    assert found.sccache is None
    assert (found.commit, found.dirty) == (None, True), "this folder is no repository"


def test_a_failure_is_kept_and_raised(tmp_path: Path) -> None:
    def fails(context: Context) -> Outcome:
        raise TestsFailed("no", exit_code=100, data=DATA, run=RUN)

    with pytest.raises(TestsFailed):
        run(context(tmp_path), fails)
    (found,) = records(tmp_path)
    assert (found.status, found.exit_code, len(found.tests)) == ("failed", 100, 1)


def test_what_was_skipped_or_not_checked_says_so(tmp_path: Path) -> None:
    def unchecked(context: Context) -> Outcome:
        raise AuditNotChecked("no")

    run(context(tmp_path), lambda _: Outcome(summary="", status=Status.SKIPPED))
    with pytest.raises(AuditNotChecked):
        run(context(tmp_path), unchecked)
    assert [each.status for each in records(tmp_path)] == ["not checked", "skipped"]


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    def interrupted(context: Context) -> Outcome:
        raise Interrupted(2)

    with pytest.raises(Interrupted):
        run(context(tmp_path), interrupted)
    assert records(tmp_path) == []


def test_a_history_of_nothing_is_switched_off(tmp_path: Path) -> None:
    run(context(tmp_path, TASKER_CI_HISTORY_KEEP="0"), has_tests)
    assert not (tmp_path / ".tasker-ci").exists()


def test_a_folder_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    given = context(tmp_path, TASKER_CI_HISTORY_FOLDER="file/history")
    assert run(given, has_tests).summary == "fine"
    assert "warning: This run leaves no record in" in given.printed


def test_commit_branch_and_changes_are_gits(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        name = ("-c", "user.name=n", "-c", "user.email=e")
        argv = ["git", "-C", str(tmp_path), *name, *words]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q", "-b", "trunk")
    (tmp_path / ".gitignore").write_text("target\n", encoding="utf-8")
    git("add", ".")
    git("commit", "-qm", "one")
    run(context(tmp_path), has_tests)
    run(context(tmp_path), has_tests)
    (tmp_path / "new.rs").write_text("", encoding="utf-8")
    run(context(tmp_path), has_tests)
    third, second, first = records(tmp_path)
    assert {each.commit for each in (first, second, third)} == {git("rev-parse", "HEAD")}
    assert [each.dirty for each in (first, second, third)] == [False, False, True], (
        "the history itself is no change"
    )
    assert first.branch == "trunk"


def test_a_workflow_names_its_branch_better_and_a_detached_head_has_none(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        name = ("-c", "user.name=n", "-c", "user.email=e")
        subprocess.run(["git", "-C", str(tmp_path), *name, *words], check=True)

    def code(**environment: str) -> tuple[bool, str | None, bool]:
        found = recording.tested_code(context(tmp_path, **environment))
        return (bool(found.commit), found.branch, found.dirty)

    git("init", "-q", "-b", "trunk")
    assert code() == (False, "trunk", True)
    git("commit", "-qm", "one", "--allow-empty")
    assert code() == (True, "trunk", False)
    git("tag", "trunk")
    assert code() == (True, "trunk", False), "also where a tag has the same name"
    git("checkout", "-q", "--detach")
    assert code() == (True, None, False)
    assert code(GITHUB_REF_NAME="main") == (True, "main", False)
    assert code(GITHUB_REF_NAME="7/merge", GITHUB_HEAD_REF="topic") == (True, "topic", False)


def test_jobs_of_one_workflow_run_have_one_name() -> None:
    job = {"GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "2"}
    assert run_name(job) == "github-77-2"
    assert run_name({**job, RUN_VARIABLE: "pipeline"}) == "pipeline"
    assert run_name({}) == run_name({}), "sessions of one process are one run"


def test_a_session_that_runs_others_hands_the_name_over(tmp_path: Path) -> None:
    seen: list[str] = []

    def walks(context: Context) -> Outcome:
        seen.append(context.environment[RUN_VARIABLE])
        return Outcome(summary="")

    def alone(context: Context) -> Outcome:
        assert RUN_VARIABLE not in context.environment
        return Outcome(summary="")

    run(context(tmp_path), walks, walks=True)
    run(context(tmp_path), alone)
    assert seen == [records(tmp_path)[-1].run]


def test_it_hands_over_the_code_too_so_that_git_is_asked_once(tmp_path: Path) -> None:
    handed: list[dict[str, str]] = []

    def walks(context: Context) -> Outcome:
        handed.append({**context.environment})
        return Outcome(summary="")

    run(context(tmp_path, GITHUB_REF_NAME="main"), walks, walks=True)
    within = context(tmp_path, **{**handed[0], "GITHUB_REF_NAME": "other"})
    assert recording.tested_code(within) == Code(branch="main", dirty=True)
    assert CODE_VARIABLE not in child_environment(within)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '{"unknown": 1}'])
def test_what_cannot_be_read_of_it_is_asked(tmp_path: Path, text: str) -> None:
    given = {RUN_VARIABLE: "x", CODE_VARIABLE: text, "GITHUB_REF_NAME": "main"}
    assert recording.tested_code(context(tmp_path, **given)).branch == "main"


def test_the_sessions_that_are_recorded() -> None:
    recorded = {name for name, session in SESSIONS.items() if session.recorded}
    assert recorded == {
        "audit", "bench", "ci", "clippy", "coverage", "deny", "doc", "doctest", "examples",
        "features", "fmt", "integration", "inventory", "minimal-versions", "miri", "msrv",
        "package", "scan", "spelling", "unit", "unit-ci", "unit-default", "unit-local", "unused",
    }  # fmt: skip


def test_the_counts_of_sccache_are_those_of_the_run(tmp_path: Path) -> None:
    counts = {"used": True, "hits": 3, "misses": 1}
    run(context(tmp_path), lambda _: Outcome(summary="", data={"sccache": counts}))
    run(context(tmp_path), lambda _: Outcome(summary="", data={"sccache": {"used": False}}))
    assert [each.sccache for each in records(tmp_path)] == [None, counts]
