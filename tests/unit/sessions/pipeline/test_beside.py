"""A session in a thread of `ci`: what it and its real children print, and how it ends."""

from __future__ import annotations

import sys
from dataclasses import replace
from threading import Timer
from typing import TYPE_CHECKING

import pytest

from tasker_ci.context import Outcome
from tasker_ci.errors import Interrupted
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.command import Command, Output
from tasker_ci.process.kept_output import HEAD_BYTES
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.session import Session
from tasker_ci.sessions.pipeline.beside import SessionBeside
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.sessions.pipeline.results import SessionResult


def python(context: Context, code: str) -> Command:
    return Command(argv=(sys.executable, "-c", code), cwd=context.workspace, environment={})


def speaks(context: Context) -> Outcome:
    """A session that speaks, and has a child that speaks on both streams."""
    context.reporter.line("first")
    code = "import sys; print('out', flush=True); print('err', file=sys.stderr)"
    context.runner.run(python(context, code), output=Output.SHOW)
    context.reporter.line("last")
    return Outcome(summary="fine", data={"number": 7})


def doubts(_: Context) -> Outcome:
    """A green session that says nothing of the next run."""
    return Outcome(summary="fine", unproven="a report is older")


def prints_much_and_breaks(context: Context) -> Outcome:
    """A session whose child prints more than is kept."""
    code = f"print(('y' * 99 + chr(10)) * {HEAD_BYTES // 20})"
    context.runner.run(python(context, code), output=Output.SHOW)
    raise PermissionError(13, "Permission denied", "/some/file")


def waits(context: Context) -> Outcome:
    """A session whose child would wait for ever."""
    context.runner.run(python(context, "import time; time.sleep(600)"), output=Output.SHOW)
    pytest.fail("nothing stopped it")


def beside(folder: Path, function: str, cancellation: Cancellation) -> SessionBeside:
    return SessionBeside(
        context=make_context(folder, runner=ProcessRunner(Cancellation())),
        name="own",
        session=Session(f"{__name__}:{function}", "", runs="tests"),
        cancellation=cancellation,
        on_text=lambda _: None,
    )


def result_of(folder: Path, function: str) -> tuple[SessionResult, list[str]]:
    printed: list[str] = []
    session = replace(beside(folder, function, Cancellation()), on_text=printed.append)
    return session.run(), printed


def test_all_that_is_printed_comes_in_its_order(tmp_path: Path) -> None:
    result, printed = result_of(tmp_path, "speaks")
    assert result.output == "first\nout\nerr\nlast\n"
    assert "".join(f"{each}\n" for each in printed) == result.output
    assert (result.status, result.summary) == ("passed", "fine")
    assert result.document == {
        "session": "own", "status": "passed", "summary": "fine", "number": 7
    }  # fmt: skip


def test_why_a_green_run_proves_nothing_is_handed_on(tmp_path: Path) -> None:
    result, _ = result_of(tmp_path, "doubts")
    assert result.document["unproven"] == "a report is older"


def test_a_long_output_of_a_failed_session_is_kept_whole_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text("[workspace]\n", encoding="utf-8")
    result, _ = result_of(tmp_path, "prints_much_and_breaks")
    assert (result.status, result.exit_code) == ("failed", 3)
    assert result.summary == "/some/file: Permission denied."
    assert "MB left out here" in result.output
    assert "error: /some/file: Permission denied." in result.output
    log = (tmp_path / "target/tasker-ci/logs/ci-own.log").read_text(encoding="utf-8")
    assert result.log.endswith("ci-own.log")
    assert log.count("y" * 99) == HEAD_BYTES // 20


def test_who_stops_it_ends_its_child_and_hears_of_it(tmp_path: Path) -> None:
    cancellation = Cancellation()
    Timer(0.5, cancellation.cancel).start()
    with pytest.raises(Interrupted) as stopped:
        beside(tmp_path, "waits", cancellation).run()
    assert stopped.value.exit_code == 143
