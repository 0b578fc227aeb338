"""Sessions of a project's own stand in the registry, with their stages, and nothing is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.pipeline import stages_of, steps
from tasker_ci.sessions import SESSIONS, STAGES, listed_rows, load_settings, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.session import Rows

SETTINGS = """
[sessions.typos]
command = ["typos", "--config", "t.toml"]
summary = "Look for typing errors."

[sessions.licences]
function = "checks.licences:licences"
stage = "supply-chain"
needs = ["quality"]
compiles = "check"

[sessions.dump]
command = [["make", "schema"], ["git", "diff"]]
pipeline = false
report = "out/*.xml"
services = ["orchestration"]
tool = { program = "make", install = ["apt", "install", "make"] }
"""


def listed(folder: Path, settings: str) -> Rows:
    workspaces.write_files(folder, {".config/tasker-ci.toml": settings})
    return listed_rows(folder, None)


def of_settings(folder: Path, settings: str) -> Rows:
    workspaces.write_files(folder, {".config/tasker-ci.toml": settings})
    return rows_of(load_settings(folder, {}).settings)


def test_without_any_the_rows_are_those_of_the_families(tmp_path: Path) -> None:
    for rows in (listed_rows(tmp_path, None), of_settings(tmp_path, "")):
        assert rows.sessions == SESSIONS
        assert rows.stages == STAGES


def test_a_list_and_the_checked_settings_give_the_same_rows(tmp_path: Path) -> None:
    short, whole = listed(tmp_path, SETTINGS), of_settings(tmp_path, SETTINGS)
    for name in ("typos", "licences", "dump"):
        one, other = short.sessions[name], whole.sessions[name]
        for part in ("function", "summary", "stage", "compiles", "tool", "services", "reports"):
            assert getattr(one, part) == getattr(other, part), (name, part)
    assert short.stages == whole.stages


def test_a_row_says_what_the_table_says(tmp_path: Path) -> None:
    sessions = listed(tmp_path, SETTINGS).sessions
    assert sessions["typos"].summary == "Look for typing errors."
    assert (sessions["typos"].stage, sessions["typos"].passthrough) == ("quality", "typos")
    assert sessions["dump"].summary == "Run git diff."
    assert (sessions["dump"].stage, sessions["dump"].reports) == (None, True)
    assert sessions["dump"].tool is not None
    assert sessions["dump"].tool.install == ("apt", "install", "make")
    assert sessions["licences"].runs
    assert sessions["licences"].compiles == "check"


def test_a_new_stage_waits_for_what_its_sessions_name(tmp_path: Path) -> None:
    workspaces.write_files(tmp_path, {".config/tasker-ci.toml": SETTINGS})
    settings = load_settings(tmp_path, {}).settings
    rows = rows_of(settings)
    plan = {step.session: step for step in steps(rows.sessions, stages_of(settings, rows.stages))}
    assert set(plan["licences"].requires) >= {"fmt", "clippy", "typos"}
    assert "dump" not in plan
    (stage,) = (stage for stage in rows.stages if stage.name == "supply-chain")
    assert (stage.file, stage.title) == ("stage-supply-chain.yml", "Supply chain")


@pytest.mark.parametrize(
    "settings",
    [
        "[sessions",
        "sessions = 5\n",
        "[sessions]\nx = 5\n",
        '[sessions."a\\nb"]\ncommand = ["true"]\n',
        '[sessions.fmt]\ncommand = ["true"]\n',
    ],
)
def test_a_list_stands_broken_settings(tmp_path: Path, settings: str) -> None:
    assert listed(tmp_path, settings).sessions == SESSIONS


@pytest.mark.parametrize(
    "table",
    ["command = 5", "stage = 5", "summary = 5", "needs = 5", "tool = 5", "function = []"],
)
def test_a_table_with_values_of_the_wrong_type_is_listed(tmp_path: Path, table: str) -> None:
    assert "x" in listed(tmp_path, f"[sessions.x]\n{table}\n").sessions


def test_why_sessions_are_missing_is_noted(tmp_path: Path) -> None:
    (note,) = listed(tmp_path, "[sessions").notes
    assert note.startswith(".config/tasker-ci.toml cannot be read")


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ('[sessions."prüf"]\ncommand = ["true"]\n', "prüf"),
        ("[sessions]\nx = 5\n", "x"),
        ("sessions = 5\n", "sessions"),
        ('[sessions.fmt]\ncommand = ["true"]\n', "fmt"),
    ],
)
def test_a_table_that_is_no_session_is_noted(tmp_path: Path, settings: str, name: str) -> None:
    (note,) = listed(tmp_path, settings).notes
    assert note.startswith(f"No session in .config/tasker-ci.toml: '{name}'.")


@pytest.mark.parametrize("table", ["comand = ['x']", "command = 'x y'", "function = 'a.b'", ""])
def test_a_table_without_function_is_not_asked_for_its_flags(tmp_path: Path, table: str) -> None:
    session = listed(tmp_path, f"[sessions.x]\n{table}\n").sessions["x"]
    assert session.describe is not None
    assert session.describe().options == ()


def test_a_hostile_summary_cannot_move_the_cursor(tmp_path: Path) -> None:
    text = '[sessions.x]\ncommand = ["true"]\nsummary = "a\\u001b[2Jb\\nc"\n'
    assert "\x1b" not in listed(tmp_path, text).sessions["x"].summary
    assert "\n" not in listed(tmp_path, text).sessions["x"].summary


def test_listing_imports_nothing_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "checks.py").write_text(f"open({str(tmp_path / 'trap')!r}, 'w')\n")
    rows = listed(tmp_path, '[sessions.x]\nfunction = "checks:f"\n')
    assert "x" in rows.sessions
    of_settings(tmp_path, '[sessions.x]\nfunction = "checks:f"\n')
    assert not (tmp_path / "trap").exists()
