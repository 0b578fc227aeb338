from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, findings, jobs, told

from tasker_ci.sessions.review.rules.never_holds import RULE

if TYPE_CHECKING:
    from pathlib import Path


def job(condition: str, *, on: str = "push", matrix: str = "") -> dict[str, str]:
    strategy = f"\n  strategy: {{matrix: {matrix}}}" if matrix else ""
    text = (
        f"one:\n  if: {condition}\n  runs-on: ubuntu-latest{strategy}\n  steps: [{{run: true}}]\n"
    )
    return {CI: jobs(text, on=on)}


def step(condition: str, *, on: str = "push", matrix: str = "") -> dict[str, str]:
    strategy = f"\n  strategy: {{matrix: {matrix}}}" if matrix else ""
    text = (
        f"one:\n  runs-on: ubuntu-latest{strategy}\n  steps:\n    - id: first\n      run: true\n"
        f"    - run: cargo test\n      if: {condition}\n"
    )
    return {CI: jobs(text, on=on)}


LIES = [
    (job("github.ref == 'refs/heads/main'", on="pull_request"), 4),
    (job("github.event_name == 'schedule'", on="[push, pull_request]"), 4),
    (job("github.ref == 'refs/heads/dev'", on="{push: {branches: [main]}}"), 4),
    (job("startsWith(github.ref, 'refs/tags/')", on="{push: {branches: [main]}}"), 4),
    (job("github.ref == 'refs/tags/v1' && github.event_name == 'pull_request'"), 4),
    (step("matrix.offline"), 9),
    (step("${{ matrix.offline == 'yes' }}", matrix="{os: [ubuntu-latest]}"), 10),
    (step("runner.os == 'Windows'"), 9),
    (step("needs.other.result == 'success'"), 9),
]

TWINS = [
    job("github.ref == 'refs/heads/main'"),
    job("github.ref == 'refs/heads/main'", on="[push, pull_request]"),
    job("github.ref == 'refs/heads/main'", on="{push: {branches: [main, dev]}}"),
    job("github.ref == 'refs/heads/release/1'", on="{push: {branches: ['release/**']}}"),
    job("startsWith(github.ref, 'refs/tags/')", on="push"),
    job("github.event_name == 'schedule'", on="{push: , schedule: [{cron: '0 0 * * *'}]}"),
    job("github.ref == 'refs/heads/main'", on="workflow_dispatch"),
    job("contains(github.event.head_commit.message, 'release')"),
    job("vars.ENABLED == 'true'"),
    job("'!cancelled() && !success()'"),
    step("matrix.os == 'ubuntu-latest'", matrix="{os: [ubuntu-latest]}"),
    step(
        "matrix.extra", matrix="{os: [ubuntu-latest], include: [{os: ubuntu-latest, extra: true}]}"
    ),
    step("matrix.kind == 'a'", matrix="'${{ fromJSON(vars.MATRIX) }}'"),
    step("steps.first.outputs.changed == 'true'"),
    step("failure()"),
    step("env.CHANGED == 'true'"),
    step("runner.os == 'Linux'"),
]


@pytest.mark.parametrize(("files", "line"), LIES)
def test_a_condition_that_is_always_false(files: dict[str, str], line: int, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, files) == [f"error {CI}:{line}"]


@pytest.mark.parametrize("files", TWINS)
def test_a_condition_that_may_hold(files: dict[str, str], tmp_path: Path) -> None:
    assert told(tmp_path, RULE, files) == []


@pytest.mark.parametrize(
    "files", [job("false"), job("${{ false }}"), step("matrix.os == 'x'", matrix="{os: [y]}")]
)
def test_what_is_switched_off_on_purpose_is_a_warning(
    files: dict[str, str], tmp_path: Path
) -> None:
    assert [each.severity for each in findings(tmp_path, RULE, files)] == ["warning"]


def test_a_matrix_of_machines_that_only_a_run_knows(tmp_path: Path) -> None:
    text = """\
        one:
          strategy: {matrix: "${{ fromJSON(needs.plan.outputs.matrix) }}"}
          runs-on: ${{ matrix.runner }}
          container: ${{ matrix.container && matrix.container.image || null }}
          steps:
            - run: brew install just
              if: runner.os == 'macOS'
        """
    assert told(tmp_path, RULE, {CI: jobs(text)}) == []


def test_a_called_workflow_has_the_events_of_its_callers(tmp_path: Path) -> None:
    called = (
        "on: workflow_call\njobs:\n  one:\n    if: github.event_name == '{}'\n"
        "    runs-on: x\n    steps: [{{run: a}}]\n"
    )
    calls = jobs("call:\n  uses: ./.github/workflows/called.yml\n", on="pull_request")
    files = {CI: calls, ".github/workflows/called.yml": called.format("pull_request")}
    assert told(tmp_path, RULE, files) == []
    files[".github/workflows/called.yml"] = called.format("push")
    assert told(tmp_path, RULE, files) == ["error .github/workflows/called.yml:4"]


def test_an_input_that_no_caller_gives_is_a_suspicion(tmp_path: Path) -> None:
    called = """\
        on:
          workflow_call:
            inputs: {slow: {type: boolean, default: false}}
        jobs:
          one:
            runs-on: ubuntu-latest
            steps:
              - run: cargo test
                if: inputs.slow
        """
    calls = jobs("call:\n  uses: ./.github/workflows/called.yml\n")
    files = {CI: calls, ".github/workflows/called.yml": called}
    assert told(tmp_path, RULE, files) == ["error? .github/workflows/called.yml:9"]


def test_the_evidence_says_what_there_is(tmp_path: Path) -> None:
    files = job("github.ref == 'refs/heads/dev'", on="{push: {branches: [main]}}")
    found = findings(tmp_path, RULE, files)
    assert found[0].evidence == ("the workflow starts on push (branches: main)",)
    found = findings(tmp_path, RULE, step("matrix.offline"))
    assert found[0].evidence == ("no leg of the job has matrix.offline",)
