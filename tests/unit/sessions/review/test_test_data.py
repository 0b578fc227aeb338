from __future__ import annotations

from typing import TYPE_CHECKING

from reviewed import findings, steps

from tasker_ci.sessions.review.rules import test_unselected
from tasker_ci.sessions.review.test_data import is_test_data

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = '[workspace]\n[package]\nname = "bar"\nversion = "0.1.0"\nedition = "2021"\n'
SOURCE = "#[test]\nfn works() {}\n"
ALL = "cargo test --workspace --all-features"


def lost(folder: Path, name: str, *commands: str) -> list[str]:
    files = {f"{name}__Cargo.toml": MANIFEST, f"{name}__src__lib.rs": SOURCE}
    found = findings(folder, steps(ALL, *commands), test_unselected.RULE, **files)
    return [each.message for each in found]


def test_what_tests_read_is_not_tested_itself(tmp_path: Path) -> None:
    assert is_test_data.__doc__
    assert lost(tmp_path / "lie", "tools__bar") == ["1 test of bar is run by no job."]
    assert lost(tmp_path / "data", "core__tests__new__out") == []
    assert lost(tmp_path / "fixture", "fixtures__bar") == []


def test_a_workspace_of_which_jobs_test_something_is_one_of_theirs(tmp_path: Path) -> None:
    documented = "cargo test --doc --manifest-path core/tests/new/Cargo.toml"
    assert lost(tmp_path, "core__tests__new", documented) == ["1 test of bar is run by no job."]
