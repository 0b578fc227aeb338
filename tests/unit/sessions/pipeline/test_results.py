from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.sessions.pipeline.results import SessionResult, say_result, show_results
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from pathlib import Path


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
