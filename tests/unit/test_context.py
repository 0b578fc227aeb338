"""What a session works with, and what a dry run shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.context import Face, Outcome, Status, doubt_of
from tasker_ci.process.command import Command
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from pathlib import Path


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


def test_a_preview_shows_what_would_run_and_starts_nothing(tmp_path: Path) -> None:
    process = {"HOME": "/home/me", "RUST_LOG": "debug", "PATH": "/bin"}
    here = make_context(tmp_path, 'preset = "tasker"', environment=process)
    environment = {
        "HOME": "/home/me",
        "RUST_LOG": "debug",
        "PATH": "/tools:/bin",
        "API_KEY": "of-this-run",
        "RUST_BACKTRACE": "1",
    }
    outcome = here.preview(Command(argv=("touch", "a file"), cwd=tmp_path, environment=environment))
    assert here.printed.splitlines() == [
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


def test_a_preview_shows_no_password_and_no_token(tmp_path: Path) -> None:
    here = make_context(tmp_path)
    environment = {"DATABASE_URL": "postgres://me:hunter2@h/d", "MY_TOKEN": "hunter2"}
    command = Command(
        argv=("sqlx", "--database-url", "postgres://me:hunter2@h/d"),
        cwd=tmp_path,
        environment=environment,
    )
    outcome = here.preview(command)
    shown = here.printed + str(outcome.data)
    assert "hunter2" not in shown
    assert "postgres://me:***@h/d" in shown


def test_the_settings_are_those_that_were_loaded(tmp_path: Path) -> None:
    assert make_context(tmp_path, 'preset = "tasker"').settings.preset == "tasker"


@pytest.mark.parametrize(
    ("outcome", "doubt"),
    [
        (Outcome(summary="fine"), ""),
        (Outcome(summary="fine", data={"flaky": [], "tolerated": 0, "failures": []}), ""),
        (Outcome(summary="fine", data={"flaky": ["a test"]}), "some of it was flaky"),
        (Outcome(summary="fine", data={"quarantined": 1}), "some of it was quarantined"),
        (Outcome(summary="fine", data={"tolerated": 1}), "some of it was tolerated"),
        (Outcome(summary="fine", unproven="nothing ran"), "nothing ran"),
        (Outcome(summary="none", status=Status.SKIPPED), "it was skipped"),
        (Outcome(summary="none", status=Status.NOT_CHECKED), "it was not checked"),
    ],
    ids=[
        *("green", "nothing noted", "flaky", "quarantined", "tolerated"),
        *("unproven", "skipped", "not checked"),
    ],
)
def test_what_a_green_run_says_against_itself(outcome: Outcome, doubt: str) -> None:
    assert doubt_of(outcome.document("unit")) == doubt
