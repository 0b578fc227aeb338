from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, findings, jobs, told

from tasker_ci.sessions.review.rules.missing_reference import RULE

if TYPE_CHECKING:
    from pathlib import Path

BUILD = """\
build:
  runs-on: ubuntu-latest
  outputs: {version: "${{ steps.one.outputs.version }}"}
  steps: [{id: one, run: 'echo "version=1" >> "$GITHUB_OUTPUT"'}]
test:
  runs-on: ubuntu-latest
  steps: [{run: cargo test}]
deploy:
  needs: [build]
  runs-on: ubuntu-latest
  steps:
    - id: first
      run: true
    - run: ./deploy {value}
    - id: last
      run: true
"""


def deploy(value: str) -> dict[str, str]:
    return {CI: jobs(BUILD.replace("{value}", value))}


@pytest.mark.parametrize(
    ("value", "severity"),
    [
        ("${{ needs.test.result }}", "error"),
        ("${{ needs.build.outputs.verison }}", "error"),
        ("${{ steps.firts.outcome }}", "error"),
        ("${{ steps.last.outputs.x }}", "error"),
        ("${{ matrix.os }}", "warning"),
        ("${{ inputs.level }}", "warning"),
        ("${{ needs['test'].result }}", "error"),
    ],
)
def test_what_is_always_empty(value: str, severity: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, deploy(value)) == [f"{severity} {CI}:16"]


@pytest.mark.parametrize(
    "value",
    [
        "${{ needs.build.result }}",
        "${{ needs.build.outputs.version }}",
        "${{ toJSON(needs) }}",
        "${{ steps.first.outcome }}",
        "${{ matrix.os || 'linux' }}",
        "${{ contains(needs.*.result, 'failure') }}",
        "${{ github.ref_name }}",
        "needs.test.result",
        "${{ format('needs.test.result') }}",
    ],
)
def test_what_has_a_value(value: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, deploy(value)) == []


def test_what_a_matrix_has(tmp_path: Path) -> None:
    text = """\
        one:
          runs-on: ${{ matrix.os }}
          strategy:
            matrix:
              os: [ubuntu-latest]
              include: [{os: windows-latest, extra: x}]
          steps:
            - run: echo ${{ matrix.os }} ${{ matrix.extra }}
        two:
          runs-on: ubuntu-latest
          strategy: {matrix: "${{ fromJSON(vars.MATRIX) }}"}
          steps:
            - run: echo ${{ matrix.anything }}
        """
    assert told(tmp_path, RULE, {CI: jobs(text)}) == []


def test_inputs_that_the_workflow_declares(tmp_path: Path) -> None:
    on = "{workflow_dispatch: {inputs: {level: {type: string}}}}"
    text = "one:\n  runs-on: ubuntu-latest\n  steps: [{run: 'echo ${{ inputs.level }}'}]\n"
    assert told(tmp_path, RULE, {CI: jobs(text, on=on)}) == []


def test_a_condition_that_never_holds_is_another_rules(tmp_path: Path) -> None:
    text = "one:\n  runs-on: ubuntu-latest\n  steps: [{run: a, if: matrix.os == 'x'}]\n"
    assert told(tmp_path, RULE, {CI: jobs(text)}) == []


def test_it_says_what_was_perhaps_meant(tmp_path: Path) -> None:
    found = findings(tmp_path, RULE, deploy("${{ steps.firts.outcome }}"))
    assert "no step has the id firts" in found[0].message
    assert "first" in (found[0].fix or "")
