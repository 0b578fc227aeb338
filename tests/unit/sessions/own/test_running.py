"""How a function of the project's own runs a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci import CommandFailed, Completed, MissingToolError, Output, run
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from pathlib import Path


def test_a_command_runs_where_the_session_runs_with_its_environment(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    context = make_context(
        tmp_path,
        runner=ProcessRunner(Cancellation()),
        environment={"PATH": "/usr/bin:/bin", "GIVEN": "by the session"},
        directory=tmp_path / "here",
    )
    more = {"MORE": "for this"}
    line = 'echo "$PWD, $GIVEN, $MORE"'
    done = run(context, "sh", "-c", line, environment=more, output=Output.CAPTURE)
    assert done.stdout == f"{tmp_path}/here, by the session, for this\n"
    assert context.printed.startswith("+ sh -c ")
    done = run(context, "sh", "-c", "pwd", directory=tmp_path, output=Output.CAPTURE)
    assert done.stdout == f"{tmp_path}\n"


def test_a_failure_has_the_code_of_the_command_and_the_next_step(tmp_path: Path) -> None:
    context = make_context(tmp_path, runner=RecordingRunner({"typos": Completed(exit_code=2)}))
    with pytest.raises(CommandFailed, match="`typos src` failed with exit code 2") as raised:
        run(context, "typos", "src", next_step="typos -w")
    assert (raised.value.exit_code, raised.value.next_step) == (2, "typos -w")
    assert run(context, "typos", "src", check=False).exit_code == 2


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    context = make_context(tmp_path, runner=ProcessRunner(Cancellation()))
    with pytest.raises(MissingToolError, match="`no-such-program`"):
        run(context, "no-such-program", check=False)


def test_what_a_command_prints_is_no_command_to_github(tmp_path: Path) -> None:
    context = make_context(
        tmp_path, runner=RecordingRunner({"x": ""}), environment={"GITHUB_ACTIONS": "true"}
    )
    run(context, "x")
    group, stopped, *_ = context.printed.splitlines()
    assert (group, stopped[:18]) == ("::group::+ x", "::stop-commands::" + stopped[17])
