from __future__ import annotations

from typing import TYPE_CHECKING

from planted_ci import CI, jobs, told

from tasker_ci.sessions.review.rules.never_called import RULE

if TYPE_CHECKING:
    from pathlib import Path

CALLED = ".github/workflows/called.yml"
ONE = "one:\n  runs-on: ubuntu-latest\n  steps: [{run: a}]\n"


def test_a_workflow_that_nothing_calls(tmp_path: Path) -> None:
    files = {CALLED: jobs(ONE, on="workflow_call"), CI: jobs(ONE)}
    assert told(tmp_path, RULE, files) == [f"warning? {CALLED}:1"]


def test_a_workflow_that_one_calls_or_that_starts_by_itself(tmp_path: Path) -> None:
    calls = jobs(f"call:\n  uses: ./{CALLED}\n")
    assert told(tmp_path, RULE, {CALLED: jobs(ONE, on="workflow_call"), CI: calls}) == []
    by_name = jobs(f"call:\n  uses: owner/name/{CALLED}@main\n")
    assert told(tmp_path, RULE, {CALLED: jobs(ONE, on="workflow_call"), CI: by_name}) == []
    assert told(tmp_path, RULE, {CALLED: jobs(ONE, on="[workflow_call, push]")}) == []
