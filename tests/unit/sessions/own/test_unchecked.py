"""A table of a session before anybody has checked it."""

from __future__ import annotations

from typing import Any

import pytest

from tasker_ci.sessions.own.settings import OwnSession, OwnTool
from tasker_ci.sessions.own.unchecked import own_session


def test_what_has_its_type_is_as_checked_settings_have_it() -> None:
    table = {
        "command": [["a"], ["b", "c"]],
        "summary": "Do it.",
        "stage": "own",
        "needs": ["unit"],
        "pipeline": False,
        "compiles": "check",
        "services": ["web"],
        "report": "junit.xml",
        "tool": {"program": "b", "install": ["get", "b"]},
    }
    assert own_session(table) == OwnSession(
        command=(("a",), ("b", "c")),
        summary="Do it.",
        stage="own",
        needs=("unit",),
        pipeline=False,
        compiles="check",
        services=("web",),
        report="junit.xml",
        tool=OwnTool(program="b", install=("get", "b")),
    )


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"command": "a b", "summary": 1, "needs": "unit", "compiles": "all", "report": True},
        {"tool": "b", "services": {"web": 1}, "unknown": 1},
        {"tool": {"program": ""}, "compiles": ["check"]},
    ],
)
def test_what_has_another_type_is_left_out(table: dict[str, Any]) -> None:
    assert own_session(table) == OwnSession()


def test_a_stage_that_is_no_text_is_none() -> None:
    assert own_session({"stage": 7}) == OwnSession(pipeline=False)
