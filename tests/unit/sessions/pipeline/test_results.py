from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tasker_ci.sessions.pipeline.results import SessionResult, read_result, say_result, show_results
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from pathlib import Path


def document(**more: object) -> str:
    return json.dumps({"status": "passed", "summary": "3 passed", **more})


def test_a_green_result_is_as_the_session_says() -> None:
    result = read_result("unit", 0, document(), "")
    assert (result.status, result.summary, result.exit_code) == ("passed", "3 passed", 0)
    assert result.green


def test_the_exit_code_is_the_truth() -> None:
    result = read_result("unit", 100, document(), "printed")
    assert (result.status, result.exit_code, result.output) == ("failed", 100, "printed")
    assert not result.green


def test_what_was_not_checked_is_green_and_said_so() -> None:
    result = read_result("audit", 0, document(status="skipped", not_checked=True), "")
    assert result.status == "not checked"
    assert result.green


@pytest.mark.parametrize(
    ("code", "summary", "step"),
    [
        (137, "killed by SIGKILL without a result", "down --all"),
        (3, "ended with exit code 3 and without a result", "Run it alone: tasker-ci unit"),
        (0, "ended with exit code 0 and without a result", "Run it alone: tasker-ci unit"),
    ],
)
def test_a_session_that_says_nothing_has_failed(code: int, summary: str, step: str) -> None:
    result = read_result("unit", code, "no JSON", "before ")
    assert (result.status, result.summary) == ("failed", summary)
    assert step in result.next_step
    assert result.exit_code == (code or 1)
    assert result.output == "before no JSON"


def test_a_failed_session_shows_all_that_it_printed(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    say_result(
        context, SessionResult(session="unit", status="failed", output="one\ntwo\n", log="a.log")
    )
    assert "all of its output is in a.log" in context.printed
    assert "one\ntwo\n" in context.printed
    passed = make_context(tmp_path)
    say_result(passed, SessionResult(session="unit", status="passed", summary="fine", output="one"))
    assert "unit: passed" in passed.printed
    assert "one" not in passed.printed


def test_the_table_has_a_row_for_each_and_the_next_steps_below(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    show_results(
        context,
        [
            SessionResult(session="fmt", status="passed", summary="formatted", next_step="unused"),
            SessionResult(
                session="unit", status="failed", summary="1 failed\nmore", next_step="Fix it"
            ),
            SessionResult(session="doc", status="not run"),
        ],
    )
    assert "FAILED" in context.printed
    assert "NOT RUN" in context.printed
    assert "more" not in context.printed
    assert "unit, next: Fix it" in context.printed
    assert "unused" not in context.printed
