"""What `tasker_ci.testing` gives to people who write sessions."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tasker_ci.context import Face
from tasker_ci.errors import MissingToolError, SettingsError
from tasker_ci.process.command import Command, Completed, Output
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from pathlib import Path


def command(folder: Path, *argv: str) -> Command:
    return Command(argv=argv, cwd=folder, environment={})


class TestTheRunner:
    def test_the_longest_beginning_answers(self, tmp_path: Path) -> None:
        runner = RecordingRunner({"cargo": "any", "cargo 'a b'": "longer", "cargo-x": "other"})
        for argv, expected in (
            (("cargo",), "any"),
            (("cargo", "a", "b"), "any"),
            (("cargo", "a b", "--flag"), "longer"),
            (("cargo-x", "y"), "other"),
        ):
            assert runner.run(command(tmp_path, *argv)).stdout == expected
        assert runner.lines == ["cargo", "cargo a b", "cargo 'a b' --flag", "cargo-x y"]
        assert runner.commands[0] == command(tmp_path, "cargo")

    def test_what_the_table_does_not_have_is_no_success(self, tmp_path: Path) -> None:
        runner = RecordingRunner({"typos": "", "cargo deny": ""})
        message = "no answer for `cargo shear`, only for typos, cargo deny"
        with pytest.raises(AssertionError, match=message):
            runner.run(command(tmp_path, "cargo", "shear"))
        with pytest.raises(AssertionError, match="only for nothing"):
            RecordingRunner().run(command(tmp_path, "typos"))
        with pytest.raises(AssertionError, match="`typos` is not"):
            runner.start(command(tmp_path, "typos"), output=1)

    def test_an_answer_for_everything(self, tmp_path: Path) -> None:
        runner = RecordingRunner({"": "fine", "b": Completed(exit_code=3)})
        assert runner.run(command(tmp_path, "a")).stdout == "fine"
        assert runner.run(command(tmp_path, "b")).exit_code == 3

    def test_an_answer_is_a_text_an_ending_an_error_or_a_function(self, tmp_path: Path) -> None:
        runner = RecordingRunner(
            {
                "fails": Completed(exit_code=2, stderr="broken"),
                "absent": MissingToolError("not there"),
                "echo": lambda given: Completed(stdout=given.argv[1]),
            }
        )
        assert runner.run(command(tmp_path, "fails")).stderr == "broken"
        assert runner.run(command(tmp_path, "echo", "me")).stdout == "me"
        with pytest.raises(MissingToolError, match="not there"):
            runner.run(command(tmp_path, "absent"), output=Output.CAPTURE)
        assert runner.lines == ["fails", "echo me", "absent"], "an error was asked for, too"

    def test_what_listens_hears_the_output(self, tmp_path: Path) -> None:
        runner = RecordingRunner({"x": Completed(stdout="a\n\nb\n", stderr="c\n")})
        lines: list[str] = []
        errors: list[str] = []
        blocks: list[str] = []
        runner.run(command(tmp_path, "x"), on_line=lines.append, on_error_line=errors.append)
        runner.run(command(tmp_path, "x"), on_text=blocks.append, on_error_text=blocks.append)
        assert (lines, errors, blocks) == (["a", "", "b"], ["c"], ["a\n\nb", "c"])

    def test_a_teardown_comes_after_the_work_whatever_happens(self) -> None:
        seen: list[object] = []
        assert RecordingRunner().cancellation.guard(lambda: "done", seen.append) == "done"
        with pytest.raises(ZeroDivisionError) as raised:
            RecordingRunner().cancellation.guard(lambda: 1 // len(""), seen.append)
        assert seen == [None, raised.value]


class TestTheContext:
    def test_one_line_is_enough_and_starts_nothing(self, tmp_path: Path) -> None:
        context = make_context(tmp_path)
        assert (context.project_root, context.workspace, context.directory) == (tmp_path,) * 3
        assert context.settings.features == "all"
        context.reporter.success("all is well")
        assert context.printed == "all is well\n"
        with pytest.raises(AssertionError):
            context.runner.run(command(tmp_path, "true"))
        assert [*tmp_path.iterdir()] == []

    def test_settings_are_read_as_from_a_project(self, tmp_path: Path) -> None:
        context = make_context(tmp_path, 'features = "default"\nworkspace = "rust"\n')
        assert context.settings.features == "default"
        assert context.workspace == tmp_path / "rust"
        again = make_context(tmp_path, overrides=("features=all", "workspace=a=b"))
        assert again.settings.features == "all"
        assert again.workspace == tmp_path / "a=b"
        assert again.overrides == ("features=all", "workspace=a=b")
        variable = make_context(tmp_path, environment={"TASKER_CI_FEATURES": "all"})
        assert variable.settings.features == "all"
        with pytest.raises(SettingsError, match="futures"):
            make_context(tmp_path, "futures = 1\n")

    def test_what_a_face_would_hand_over(self, tmp_path: Path) -> None:
        context = make_context(
            tmp_path,
            directory=tmp_path / "crates",
            face=Face.NOX,
            passthrough=("--all",),
            dry_run=True,
            color=True,
        )
        assert context.directory == tmp_path / "crates"
        assert context.face.command_line("x") == "nox -s x"
        assert (context.passthrough, context.dry_run) == (("--all",), True)
        context.reporter.success("well")
        assert context.printed == "\x1b[32mwell\x1b[0m\n"

    def test_on_github_it_prints_what_a_step_prints(self, tmp_path: Path) -> None:
        page = tmp_path / "summary.md"
        environment = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
        context = make_context(tmp_path, environment=environment)
        context.reporter.warning("look")
        context.reporter.summary("# Page")
        assert context.printed == "::warning::look\n"
        assert page.read_text("utf-8") == "# Page\n"


def test_neither_pytest_nor_a_session_is_imported() -> None:
    code = (
        "import sys, tasker_ci.testing;"
        "found = {'pytest', '_pytest', 'nox', 'invoke', 'rich'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(found)) or 0)"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (completed.returncode, completed.stderr) == (0, "")
