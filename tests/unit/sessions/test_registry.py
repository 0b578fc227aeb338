"""The table of sessions says what the functions behind it say."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tasker_ci.context import Context
from tasker_ci.faces.options import description_of, flags_of
from tasker_ci.session import load
from tasker_ci.sessions import ROWS, SESSIONS, STAGES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", SESSIONS)
def test_the_summary_of_a_row_is_the_first_line_of_the_docstring(name: str) -> None:
    session = SESSIONS[name]
    assert session.summary == description_of(session).splitlines()[0]


@pytest.mark.parametrize("name", SESSIONS)
def test_every_flag_has_a_help_text_that_is_a_sentence(name: str) -> None:
    for option in flags_of(SESSIONS[name]):
        assert option.help.rstrip(")").endswith((".", "VALUE")), option


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_belongs_to_a_stage_of_the_pipeline_or_to_none(name: str) -> None:
    assert SESSIONS[name].stage in {None, *(stage.name for stage in STAGES)}


def test_listing_sessions_imports_no_session_and_nothing_heavy() -> None:
    code = (
        "import sys, tasker_ci; tasker_ci.register_sessions(); tasker_ci.namespace;"
        "heavy = {'requests', 'junitparser', 'rich', 'psutil', 'cryptography', 'tomlkit',"
        "'tree_sitter', 'markdown_it'};"
        "ours = {n for n in sys.modules if n.startswith('tasker_ci.sessions.')};"
        "lists = {f'tasker_ci.sessions.own.{n}' for n in ('installed', 'rows', 'stages')};"
        "parts = {n for n in ours - lists if n.count('.') > 2};"
        "sys.exit(', '.join(sorted(parts | heavy & set(sys.modules))) or 0)"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert completed.stderr == ""
    assert completed.returncode == 0


def test_the_console_script_lists_without_a_reader_of_toml_and_a_screen(tmp_path: Path) -> None:
    code = (
        "import sys; from tasker_ci.faces.program import program; program();"
        "needless = {'tomllib', 'tasker_ci.screen.terminal'};"
        "sys.exit(', '.join(sorted(needless & set(sys.modules))) or 0)"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (completed.returncode, completed.stderr) == (0, "")


def test_a_session_takes_a_context_first() -> None:
    for session in SESSIONS.values():
        assert load(session.function).__annotations__["context"] in {"Context", Context}


def test_the_record_of_a_gate_needs_nothing_heavy() -> None:
    code = (
        "import sys, tasker_ci.sessions.history.recording;"
        "import tasker_ci.sessions.history.record_folder;"
        "heavy = {'requests', 'junitparser', 'rich', 'psutil', 'cryptography', 'xml'};"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (completed.returncode, completed.stderr) == (0, "")


def test_a_bare_nox_runs_the_pipeline_without_what_a_switch_has_to_ask_for() -> None:
    checks = {"fmt", "clippy", "doc", "audit", "msrv", "inventory"}
    assert checks | {"unit", "doctest", "examples", "integration"} == ROWS.default
