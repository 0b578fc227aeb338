"""What we write ourselves is no lie: a review of generated workflows finds nothing certain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import generation
import pytest
from reviewed import findings

from tasker_ci.sessions.review.finding import Grade

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = {
    "plain": "",
    "shards, systems, own tools": (
        "workflows.shards = 2\n"
        'workflows.runners = ["ubuntu-24.04", "windows-2025"]\n'
        "spelling.pipeline = true\nunused.pipeline = true\ndeny.pipeline = true\n"
        "workflows.proven = true\n"
    ),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_a_review_of_it_finds_nothing_certain(case: str, tmp_path: Path) -> None:
    written = generation.texts(tmp_path / "generated", SETTINGS[case])
    files = {path: text for path, text in written.items() if path.startswith(".github/")}
    assert files
    empty = "on: {}\njobs: {}\n"  # of the workspace of all tests of rules, whose tests no job runs
    found = findings(tmp_path / "reviewed", empty, **files)
    certain = {str(each.message) for each in found if each.grade is Grade.CERTAIN}
    assert certain - {str(each.message) for each in findings(tmp_path / "alone", empty)} == set()
