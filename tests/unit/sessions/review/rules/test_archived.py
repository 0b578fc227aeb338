from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, findings, told

from tasker_ci.sessions.review.rules.archived import RULE

if TYPE_CHECKING:
    from pathlib import Path

OLD = """\
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - uses: ./.github/actions/setup
      - uses: docker/build-push-action@v5
        with:
          file: ./docker/Dockerfile.dev
      - run: |
          # ./ci/never.sh
          bash ci/build.sh
"""
THERE = {
    ".github/actions/setup/action.yml": "runs: {using: composite, steps: []}\n",
    "docker/Dockerfile.dev": "",
    "ci/build.sh": "",
}
PLACES = [
    ".github/workflows/archived/ci.yml",
    ".github/workflows.old/ci.yml",
    ".github/workflows/ci.yml.bak",
    ".github/workflows/archived/ci.yml.disabled",
    ".github/rollback-ci.yml",
]


@pytest.mark.parametrize("place", PLACES)
def test_an_archive_that_names_what_is_gone(place: str, tmp_path: Path) -> None:
    found = findings(tmp_path, RULE, {place: OLD})
    assert [f"{each.severity} {each.place}" for each in found] == [f"warning {place}:6"]
    assert found[0].evidence == (
        "line 6: .github/actions/setup",
        "line 9: docker/Dockerfile.dev",
        "line 12: ci/build.sh",
    )


@pytest.mark.parametrize("place", PLACES)
def test_an_archive_that_can_be_restored(place: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, {place: OLD, **THERE}) == []


def test_a_workflow_that_runs_is_another_rules(tmp_path: Path) -> None:
    assert told(tmp_path, RULE, {CI: OLD}) == []
    assert told(tmp_path, RULE, {".github/workflows/old/ci.yml": "a: [\n"}) == []
