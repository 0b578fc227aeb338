"""What settings may call a session, a stage and a function, and the stages that they make."""

from __future__ import annotations

import pytest

from tasker_ci.sessions import STAGES
from tasker_ci.sessions.own.settings import OwnSession
from tasker_ci.sessions.own.stages import FUNCTION, NAME, own_stages


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("typos", True),
        ("a-b2", True),
        ("a--b", False),
        ("2a", False),
        ("prüf", False),
        ("A", False),
    ],
)
def test_a_name_is_of_small_letters(name: str, *, fits: bool) -> None:
    assert bool(NAME.fullmatch(name)) == fits


@pytest.mark.parametrize(
    ("name", "fits"),
    [("a:b", True), ("a.b_c:prüf", True), ("a", False), ("a:", False), ("../a:b", False)],
)
def test_a_function_is_in_a_module(name: str, *, fits: bool) -> None:
    assert bool(FUNCTION.fullmatch(name)) == fits


def test_a_new_stage_needs_what_any_of_its_sessions_needs() -> None:
    sessions = (
        OwnSession(stage="own-stage", needs=("quality",)),
        OwnSession(stage="own-stage", needs=("unit",)),
        OwnSession(stage="by-hand", pipeline=False),
        OwnSession(stage="unit"),
    )
    (stage,) = own_stages(STAGES, sessions)
    assert (stage.name, stage.title, stage.file) == (
        "own-stage",
        "Own stage",
        "stage-own-stage.yml",
    )
    assert stage.needs == ("quality", "unit")
