from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, findings, jobs, told

from tasker_ci.sessions.review.rules.exit_lost import RULE

if TYPE_CHECKING:
    from pathlib import Path


def step(run: str, more: str = "", *, head: str = "runs-on: ubuntu-latest") -> dict[str, str]:
    lines = "".join(f"\n          {line}" for line in run.split("\n"))
    return {CI: f"on: push\njobs:\n  one:\n    {head}\n    steps:\n      - run: |{lines}\n{more}"}


@pytest.mark.parametrize(
    "run",
    [
        "cargo test | tee log.txt",
        "cargo nextest run --workspace 2>&1 | tee log.txt",
        "cargo clippy -- -D warnings | sed s/a/b/",
    ],
)
def test_a_failure_that_a_pipe_loses(run: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, step(run)) == [f"error {CI}:7"]


@pytest.mark.parametrize(
    "run",
    [
        "set -o pipefail\ncargo test | tee log.txt",
        "cargo test | tee log.txt\nexit ${PIPESTATUS[0]}",
        "cargo test > log.txt",
        "cargo test -- --list | wc -l",
        "cargo metadata | jq .packages",
        "cargo check --no-default-features 2>&1 | grep 'needs a feature'",
        "cargo test",
        "cargo fmt | tee log.txt",
        "if ! cargo test; then exit 1; fi",
        'echo "Let `cargo test` change nothing"',
    ],
)
def test_a_failure_that_is_seen(run: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, step(run)) == []


def test_a_shell_that_has_pipefail(tmp_path: Path) -> None:
    assert told(tmp_path, RULE, step("cargo test | tee log", "        shell: bash\n")) == []
    default = "runs-on: ubuntu-latest\n    defaults: {run: {shell: bash}}"
    assert told(tmp_path, RULE, step("cargo test | tee log", head=default)) == []


@pytest.mark.parametrize(
    "run", ["cargo test || true", "cargo audit || echo failed", "set +e\ncargo deny check\ntrue"]
)
def test_a_tolerance_that_somebody_wrote(run: str, tmp_path: Path) -> None:
    assert [each.split(":")[0] for each in told(tmp_path, RULE, step(run))] == [f"warning {CI}"]


def test_what_only_measures_or_shows_a_version(tmp_path: Path) -> None:
    assert told(tmp_path, RULE, step("cargo bench | tee out.txt")) == [f"warning {CI}:7"]
    assert told(tmp_path, RULE, step("cargo audit --version || true")) == []
    assert told(tmp_path, RULE, step("cargo clippy --fix || true")) == []
    assert told(tmp_path, RULE, step("cargo test --no-run || true\ncargo test")) == []


def test_powershell_goes_on(tmp_path: Path) -> None:
    windows = "runs-on: windows-latest"
    files = step("cargo test --workspace\ncargo test --doc", head=windows)
    assert told(tmp_path, RULE, files) == [f"error {CI}:7"]
    assert "PowerShell" in findings(tmp_path, RULE, files)[0].message
    assert told(tmp_path, RULE, step("cargo test", head=windows)) == []
    files = step("cargo test\ncargo test --doc", "        shell: bash\n", head=windows)
    assert told(tmp_path, RULE, files) == []


def test_a_step_and_a_job_that_may_fail(tmp_path: Path) -> None:
    tolerant = "        continue-on-error: true\n"
    assert told(tmp_path, RULE, step("cargo test", tolerant)) == [f"warning {CI}:8"]
    job = "runs-on: ubuntu-latest\n    continue-on-error: true"
    assert told(tmp_path, RULE, step("cargo test", head=job)) == [f"warning {CI}:5"]


def test_a_job_that_is_there_to_alarm(tmp_path: Path) -> None:
    text = """\
        beta:
          runs-on: ubuntu-latest
          continue-on-error: true
          steps: [{run: cargo +beta test}]
        """
    files = {CI: jobs(text, on="{schedule: [{cron: '0 0 * * *'}]}")}
    assert told(tmp_path, RULE, files) == [f"error {CI}:5"]


def test_a_tolerance_that_is_looked_at_or_of_some_legs(tmp_path: Path) -> None:
    text = """\
        one:
          runs-on: ubuntu-latest
          strategy: {matrix: {rust: [stable, beta]}}
          continue-on-error: ${{ matrix.rust == 'beta' }}
          steps:
            - id: tests
              continue-on-error: true
              run: cargo test
            - if: steps.tests.outcome == 'failure'
              run: exit 1
        """
    assert told(tmp_path, RULE, {CI: jobs(text)}) == []


def test_a_line_is_told_once_for_all_legs(tmp_path: Path) -> None:
    head = "runs-on: ubuntu-latest\n    strategy: {matrix: {target: [a, b]}}"
    files = step("cargo test --target ${{ matrix.target }} | tee log", head=head)
    assert told(tmp_path, RULE, files) == [f"error {CI}:8"]
