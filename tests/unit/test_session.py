"""Which sessions the pipeline of a workspace has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import generation
import pytest
import workspaces

from tasker_ci.pipeline import QUALITY, Stage
from tasker_ci.session import Rows, Session
from tasker_ci.sessions import load_settings
from tasker_ci.sessions.pipeline.session import ci
from tasker_ci.testing import make_context
from tasker_ci.tools.requirements import requirements_of

if TYPE_CHECKING:
    from pathlib import Path

HERE = f"{__name__}:has_rules"
ROWS = Rows(
    sessions={
        "always": Session("a:b", "Run.", stage="quality"),
        "asked": Session("a:b", "Run.", stage="quality", only_with="bench.pipeline"),
        "where": Session("a:b", "Run.", stage="rules", only_where=HERE, needs=("rule-reader",)),
        "both": Session("a:b", "Run.", stage="rules", only_with="bench.pipeline", only_where=HERE),
        "walk": Session("a:b", "Run.", walks=True),
    },
    stages=(
        QUALITY,
        Stage(name="rules", needs=("quality",), file="rules.yml"),
        Stage(name="last", needs=("rules",), file="last.yml"),
    ),
)


def has_rules(workspace: Path) -> bool:
    return (workspace / "rules.toml").is_file()


@pytest.mark.parametrize(
    ("settings", "rules", "expected", "stages"),
    [
        ("", False, "always", "quality last"),
        ("[bench]\npipeline = true\n", False, "always asked", "quality last"),
        ("", True, "always where", "quality rules last"),
        ("[bench]\npipeline = true\n", True, "always asked where both", "quality rules last"),
    ],
)
def test_a_session_belongs_to_the_pipeline_where_it_is_asked_for_and_has_something_to_do(
    tmp_path: Path, settings: str, rules: bool, expected: str, stages: str
) -> None:
    workspaces.write_files(tmp_path, {".config/tasker-ci.toml": settings})
    if rules:
        (tmp_path / "rules.toml").touch()
    rows = ROWS.in_pipeline(load_settings(tmp_path, {}).settings, tmp_path)
    assert [name for name, row in rows.sessions.items() if row.stage] == expected.split()
    assert rows.sessions.keys() == ROWS.sessions.keys()  # by hand each can be called
    assert [stage.name for stage in rows.stages] == stages.split()
    assert rows.stages[-1].needs == (("rules",) if rules else ("quality",))


def test_bare_nox_runs_what_no_switch_asks_for() -> None:
    assert ROWS.default == {"always", "where"}


def test_the_needs_and_the_workflows_are_those_of_the_pipeline_here(tmp_path: Path) -> None:
    inputs = generation.inputs_of(tmp_path)
    own = type(inputs)(**{**vars(inputs), "rows": ROWS})
    assert [stage.name for stage in own.stages] == ["quality", "last"]
    assert own.sessions["where"].stage is None
    context = make_context(tmp_path)
    assert requirements_of(ROWS, ["walk"], context) == ()
    (tmp_path / "rules.toml").touch()
    assert requirements_of(ROWS, ["walk"], context) == ("rule-reader",)


def test_ci_has_the_sessions_of_the_pipeline_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasker_ci.sessions.pipeline.session.rows_of", lambda _: ROWS)
    (tmp_path / "rules.toml").touch()
    seen: list[str] = []

    def steps(sessions: dict[str, Session], stages: object, **_: object) -> tuple[()]:
        seen.extend(name for name, row in sessions.items() if row.stage)
        return ()

    monkeypatch.setattr("tasker_ci.sessions.pipeline.session.steps", steps)
    ci(make_context(tmp_path, dry_run=True))
    assert seen == ["always", "where"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", ["audit"]),
        ("[deny]\npipeline = true\n", ["deny"]),
        ("[deny]\npipeline = true\nadvisories = false\n", ["audit", "deny"]),
        ("[deny]\nadvisories = true\n", ["audit"]),
    ],
)
def test_a_session_whose_work_another_does_is_left_out(
    tmp_path: Path, settings: str, expected: list[str]
) -> None:
    workspaces.write_files(tmp_path, {".config/tasker-ci.toml": settings})
    rows = {
        "audit": Session("a:b", "A.", stage="quality"),
        "deny": Session(
            "a:b",
            "B.",
            stage="quality",
            only_with="deny.pipeline",
            instead_of={"audit": "deny.advisories", "absent": "deny.advisories"},
        ),
    }
    here = Rows(sessions=rows, stages=ROWS.stages).in_pipeline(
        load_settings(tmp_path, {}).settings, tmp_path
    )
    assert [name for name, row in here.sessions.items() if row.stage] == expected
