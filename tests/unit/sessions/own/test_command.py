from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import CommandFailed, MissingToolError
from tasker_ci.process.command import Completed
from tasker_ci.sessions.own.command import run_command
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.testing import RecordedContext

SETTINGS = """\
[sessions.words]
summary = "Look for misspelt words."
command = [["first", "a b"], ["second"]]
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for PATH; its programs are never started."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("first", "second"):
        (folder / name).write_text("", encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


def context_of(
    tmp_path: Path, path: object, runner: RecordingRunner, **more: object
) -> RecordedContext:
    environment = {"PATH": str(path), "HOME": str(tmp_path)}
    return make_context(tmp_path, SETTINGS, runner=runner, environment=environment, **more)


def test_commands_run_in_order_and_what_follows_goes_to_the_last(
    tmp_path: Path, programs: Path
) -> None:
    runner = RecordingRunner({"": ""})
    context = context_of(tmp_path, programs, runner, passthrough=("--write",))
    assert run_command("words", context).summary == "2 commands passed"
    assert runner.lines == ["first 'a b'", "second --write"]


def test_the_first_that_fails_is_the_end_with_its_own_code(tmp_path: Path, programs: Path) -> None:
    runner = RecordingRunner({"first": Completed(exit_code=7), "second": ""})
    with pytest.raises(CommandFailed) as caught:
        run_command("words", context_of(tmp_path, programs, runner))
    assert caught.value.exit_code == 7
    assert runner.lines == ["first 'a b'"]


def test_a_program_that_is_missing_is_named_before_anything_runs(
    tmp_path: Path, programs: Path
) -> None:
    (programs / "second").unlink()
    runner = RecordingRunner({"": ""})
    with pytest.raises(MissingToolError, match="There is no program second") as caught:
        run_command("words", context_of(tmp_path, programs, runner))
    assert "[sessions.words]" in caught.value.next_step
    assert runner.lines == []


def test_a_dry_run_shows_the_commands(tmp_path: Path) -> None:
    runner = RecordingRunner()
    context = context_of(tmp_path, "", runner, dry_run=True)
    run_command("words", context)
    assert runner.lines == []
    assert "first 'a b'" in context.printed
