from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, jobs, told

from tasker_ci.sessions.review.rules.no_synchronize import RULE

if TYPE_CHECKING:
    from pathlib import Path


def workflow(types: str, command: str = "cargo test") -> dict[str, str]:
    text = f"one:\n  runs-on: ubuntu-latest\n  steps: [{{run: {command}}}]\n"
    return {CI: jobs(text, on=f"\n  pull_request:\n    types: {types}")}


def test_new_commits_are_not_tested(tmp_path: Path) -> None:
    assert told(tmp_path, RULE, workflow("[opened, reopened]")) == [f"warning {CI}:3"]


@pytest.mark.parametrize("types", ["[opened, synchronize]", "[labeled]", "[closed]", ""])
def test_new_commits_are_tested_or_the_start_is_opt_in(types: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, workflow(types)) == []


def test_a_workflow_that_checks_nothing(tmp_path: Path) -> None:
    assert told(tmp_path, RULE, workflow("[opened]", "gh pr comment")) == []


def test_a_called_workflow_checks(tmp_path: Path) -> None:
    called = jobs(
        "one:\n  runs-on: ubuntu-latest\n  steps: [{run: cargo clippy}]\n", on="workflow_call"
    )
    calls = jobs(
        "call:\n  uses: ./.github/workflows/called.yml\n",
        on="\n  pull_request:\n    types: [opened]",
    )
    files = {CI: calls, ".github/workflows/called.yml": called}
    assert told(tmp_path, RULE, files) == [f"warning {CI}:3"]
