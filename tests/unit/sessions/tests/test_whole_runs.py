"""The command lines of a whole run, for those who ask what they select."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rust_workspaces import package, target, workspace

from tasker_ci.sessions.tests.whole_runs import whole_runs
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from pathlib import Path


def test_each_session_has_its_commands_without_our_own_files(tmp_path: Path) -> None:
    app = package(
        tmp_path / "app",
        target(tmp_path / "app/src/lib.rs", name="app"),
        target(tmp_path / "app/tests/e.rs", "test", "e"),
        target(tmp_path / "app/tests/f.rs", "test", "f"),
    )
    settings = """
features = "default"
[unit]
cargo-test = ["app::f"]
[integration]
targets = ["app::e"]
"""
    found = whole_runs(make_context(tmp_path, settings), workspace(tmp_path, app))
    color = ("--color", "never")
    nextest = ("cargo", "nextest", "run", "--profile", "default", "--workspace")
    assert found == {
        "unit": (
            (*nextest, "-E", "not (binary_id(=app::f) + binary_id(=app::e))", *color),
            ("cargo", "test", "--package", "app", "--test", "f", "--no-fail-fast", *color),
        ),
        "integration": ((*nextest, "--test", "e", "-E", "binary_id(=app::e)", *color),),
        "doctest": (("cargo", "test", "--doc", "--workspace", "--no-fail-fast", *color),),
    }


def test_the_profile_of_ci_is_taken_where_the_project_has_one(tmp_path: Path) -> None:
    file = tmp_path / ".config" / "nextest.toml"
    file.parent.mkdir()
    file.write_text("[profile.ci]\nretries = 2\n", encoding="utf-8")
    found = whole_runs(make_context(tmp_path), workspace(tmp_path))
    assert found["unit"][0][3:5] == ("--profile", "ci")
    assert found["doctest"] == found["integration"] == ()
