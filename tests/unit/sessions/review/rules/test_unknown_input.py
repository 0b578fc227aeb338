from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, findings, jobs, told

from tasker_ci.sessions.review.rules.unknown_input import RULE

if TYPE_CHECKING:
    from pathlib import Path

ACTION = """\
inputs:
  level: {default: warn}
runs:
  using: composite
  steps: []
"""


def uses(action: str, given: str) -> dict[str, str]:
    text = f"one:\n  runs-on: ubuntu-latest\n  steps:\n    - uses: {action}\n      with: {given}\n"
    return {CI: jobs(text), ".github/actions/own/action.yml": ACTION}


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("actions/checkout@v4", "{fetch-deptch: 0}"),
        ("Swatinem/rust-cache@v2", "{share-key: a}"),
        ("./.github/actions/own", "{colour: x}"),
    ],
)
def test_an_input_that_is_not_there(action: str, given: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, uses(action, given)) == [f"warning {CI}:7"]


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("actions/checkout@v4", "{fetch-depth: 0, Fetch-Tags: true}"),
        ("actions/checkout@v9", "{something-new: 0}"),
        ("someone/else@v1", "{fetch-deptch: 0}"),
        ("./.github/actions/own", "{level: x}"),
        ("./.github/actions/gone", "{level: x}"),
    ],
)
def test_an_input_that_is_there_or_may_be(action: str, given: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, uses(action, given)) == []


def test_a_called_workflow(tmp_path: Path) -> None:
    called = """\
        on:
          workflow_call:
            inputs: {level: {type: string}}
        jobs:
          one:
            runs-on: ubuntu-latest
            steps: [{run: a}]
        """
    calls = "call:\n  uses: ./.github/workflows/called.yml\n  with: {{{}: x}}\n"
    files = {CI: jobs(calls.format("level")), ".github/workflows/called.yml": called}
    assert told(tmp_path, RULE, files) == []
    files[CI] = jobs(calls.format("levle"))
    assert told(tmp_path, RULE, files) == [f"error {CI}:5"]
    assert "level" in (findings(tmp_path, RULE, files)[0].fix or "")
