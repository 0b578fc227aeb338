from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reviewed import findings, steps

from tasker_ci.sessions.review.rules.doc_select import RULE

if TYPE_CHECKING:
    from pathlib import Path

ROOT = (
    '[workspace]\nmembers = ["core", "store"]\n'
    '[package]\nname = "top"\nversion = "0.1.0"\nedition = "2021"\n'
)
JOBS = steps("cargo test --workspace --all-features")


def documented(folder: Path, command: str, workflow: str = JOBS, **files: str) -> list[str]:
    text = f"# Tests\n\n```sh\n{command}\n```\n"
    given = {"Cargo.toml": ROOT, "src__lib.rs": "", "CONTRIBUTING.md": text, **files}
    return [each.message for each in findings(folder, workflow, RULE, **given)]


def test_a_command_that_tests_less_than_the_jobs(tmp_path: Path) -> None:
    assert documented(tmp_path, "cargo test") == [
        "`cargo test` leaves out 2 of 3 packages that jobs test."
    ]


@pytest.mark.parametrize(
    "command",
    [
        "cargo test --workspace",
        "cargo test -p core",
        "cargo test --lib",
        "cargo test adds",
        "cd core && cargo test",
        "cargo build",
    ],
)
def test_a_command_that_tests_as_much_or_names_what_it_tests(command: str, tmp_path: Path) -> None:
    assert documented(tmp_path, command) == []


def test_jobs_that_test_no_more(tmp_path: Path) -> None:
    assert documented(tmp_path, "cargo test", steps("cargo test")) == []


def test_a_hook_of_git_that_tests_less(tmp_path: Path) -> None:
    files = {"CONTRIBUTING.md": "", ".githooks__pre-push": "#!/bin/sh\ncargo test\n"}
    assert len(documented(tmp_path, "", **files)) == 1


def test_a_document_for_users(tmp_path: Path) -> None:
    text = "```sh\ncargo test\n```\n"
    files = {"CONTRIBUTING.md": "", "README.md": text}
    assert documented(tmp_path, "cargo test", **files) == []
