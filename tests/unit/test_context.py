"""What a session works with, and what a dry run shows."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from tasker_ci.context import Context, Face, Status
from tasker_ci.process.command import Command
from tasker_ci.process.interruption import Interruption
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.screen.terminal import TerminalReporter
from tasker_ci.sessions import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def context(tmp_path: Path) -> Callable[..., Context]:
    """A context whose process had this environment."""

    def context(**environment: str) -> Context:
        return Context(
            project_root=tmp_path,
            workspace=tmp_path,
            directory=tmp_path,
            loaded=load_settings(tmp_path, {}, [("preset", "tasker")]),
            environment=environment,
            reporter=TerminalReporter(io.StringIO(), color=False),
            runner=ProcessRunner(Interruption()),
            dry_run=True,
        )

    return context


@pytest.mark.parametrize(
    ("face", "arguments", "expected"),
    [
        (Face.NOX, (), "nox -s fmt"),
        (Face.NOX, ("--fix",), "nox -s fmt -- --fix"),
        (Face.INVOKE, ("--fix",), "invoke fmt --fix"),
        (Face.CONSOLE, ("--set", "a=b c"), "tasker-ci fmt --set 'a=b c'"),
    ],
)
def test_advice_is_given_in_the_words_of_the_face(
    face: Face, arguments: tuple[str, ...], expected: str
) -> None:
    assert face.command_line("fmt", *arguments) == expected


def test_a_preview_shows_what_would_run_and_starts_nothing(
    context: Callable[..., Context], tmp_path: Path
) -> None:
    here = context(HOME="/home/me", RUST_LOG="debug", PATH="/bin")
    environment = {
        "HOME": "/home/me",
        "RUST_LOG": "debug",
        "PATH": "/tools:/bin",
        "API_KEY": "of-this-run",
        "RUST_BACKTRACE": "1",
    }
    outcome = here.preview(Command(argv=("touch", "a file"), cwd=tmp_path, environment=environment))
    assert isinstance(here.reporter.stream, io.StringIO)
    assert here.reporter.stream.getvalue().splitlines() == [
        f"directory: {tmp_path}",
        "environment:",
        "  API_KEY='***'",
        "  PATH=/tools:/bin",
        "  RUST_BACKTRACE=1",
        "  RUST_LOG=debug",
        "+ touch 'a file'",
    ]
    assert outcome.status is Status.SKIPPED
    assert outcome.data == {
        "commands": [
            {
                "argv": ["touch", "a file"],
                "directory": str(tmp_path),
                "environment": {
                    "API_KEY": "***",
                    "PATH": "/tools:/bin",
                    "RUST_BACKTRACE": "1",
                    "RUST_LOG": "debug",
                },
            }
        ]
    }
    assert not (tmp_path / "a file").exists()


def test_a_preview_shows_no_password_and_no_token(
    context: Callable[..., Context], tmp_path: Path
) -> None:
    here = context()
    environment = {"DATABASE_URL": "postgres://me:hunter2@h/d", "MY_TOKEN": "hunter2"}
    command = Command(
        argv=("sqlx", "--database-url", "postgres://me:hunter2@h/d"),
        cwd=tmp_path,
        environment=environment,
    )
    outcome = here.preview(command)
    assert isinstance(here.reporter.stream, io.StringIO)
    shown = here.reporter.stream.getvalue() + str(outcome.data)
    assert "hunter2" not in shown
    assert "postgres://me:***@h/d" in shown


def test_the_settings_are_those_that_were_loaded(context: Callable[..., Context]) -> None:
    assert context().settings.preset == "tasker"
