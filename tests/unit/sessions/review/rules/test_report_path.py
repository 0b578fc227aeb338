from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, findings, jobs, told

from tasker_ci.sessions.review.rules.report_path import RULE

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = ".config/nextest.toml"
RIGHT = '[profile.ci.junit]\npath = "junit.xml"\n'
TWICE = '[profile.ci.junit]\npath = "target/nextest/ci/junit.xml"\n'


def workflow(path: str, run: str = "cargo nextest run --profile ci", more: str = "") -> str:
    return jobs(
        "test:\n  runs-on: ubuntu-latest\n  steps:\n"
        f"    - run: {run}\n{more}    - uses: actions/upload-artifact@v4\n"
        f"      with: {{name: report, path: '{path}'}}\n"
    )


def test_a_path_that_nextest_joins_twice(tmp_path: Path) -> None:
    files = {CI: workflow("target/nextest/ci/junit.xml"), SETTINGS: TWICE}
    assert told(tmp_path, RULE, files) == [f"error {SETTINGS}:2"]
    found = findings(tmp_path, RULE, files)[0]
    assert "target/nextest/ci/target/nextest/ci/junit.xml" in found.message
    assert f"{CI}:8 takes the report" in found.evidence


@pytest.mark.parametrize("path", ["target/nextest/ci/junit.xml", "target/junit.xml"])
def test_a_path_that_nobody_takes_is_a_warning(tmp_path: Path, path: str) -> None:
    settings = TWICE.replace("target/nextest/ci/junit.xml", path)
    assert told(tmp_path, RULE, {SETTINGS: settings}) == [f"warning {SETTINGS}:2"]


@pytest.mark.parametrize(
    ("path", "run"),
    [
        ("target/nextest/default/junit.xml", "cargo nextest run --profile ci"),
        ("target/nextest/junit.xml", "cargo nextest run -P ci"),
        ("target/nextest/ci/junit.xml", "cargo nextest run"),
    ],
)
def test_a_pattern_that_misses(path: str, run: str, tmp_path: Path) -> None:
    files = {CI: workflow(path, run), SETTINGS: RIGHT}
    assert told(tmp_path, RULE, files) == [f"error {CI}:8"]


@pytest.mark.parametrize(
    ("path", "settings"),
    [
        ("target/nextest/ci/junit.xml", RIGHT),
        ("./target/nextest/ci/junit.xml", RIGHT),
        ("**/junit.xml", RIGHT),
        ("target/nextest", RIGHT),
        ("target/nextest/ci/*.xml", RIGHT),
        ("target/nextest/**/*.xml", TWICE.replace("target/nextest/ci", "reports")),
        ("target/nextest/ci/junit.xml", RIGHT.replace("ci", "default")),
        ("out/ci/junit.xml", f'store.dir = "out"\n{RIGHT}'),
        ("${{ env.REPORT }}", TWICE.replace("target/nextest/ci/", "")),
        ("other/junit.xml", RIGHT),
    ],
)
def test_a_pattern_that_takes_it_or_something_else(
    path: str, settings: str, tmp_path: Path
) -> None:
    assert told(tmp_path, RULE, {CI: workflow(path), SETTINGS: settings}) == []


def test_a_report_that_a_step_moves(tmp_path: Path) -> None:
    more = "    - run: cp target/nextest/ci/junit.xml target/nextest/report.xml\n"
    files = {CI: workflow("target/nextest/report.xml", more=more), SETTINGS: RIGHT}
    assert told(tmp_path, RULE, files) == []


def test_a_workspace_in_a_folder(tmp_path: Path) -> None:
    run = "cargo nextest run --profile ci --manifest-path rust/Cargo.toml"
    files = {
        CI: workflow("rust/target/nextest/ci/junit.xml", run),
        f"rust/{SETTINGS}": RIGHT,
        "rust/Cargo.toml": "[workspace]\n",
    }
    assert told(tmp_path, RULE, files) == []
    files[CI] = workflow("target/nextest/ci/junit.xml", run)
    assert told(tmp_path, RULE, files) == [f"error {CI}:8"]
