from __future__ import annotations

from typing import TYPE_CHECKING

from planted_ci import CI, findings, jobs, told

from tasker_ci.sessions.review.rules.no_timeout import RULE

if TYPE_CHECKING:
    from pathlib import Path


def test_one_note_for_a_workflow(tmp_path: Path) -> None:
    text = """\
        one:
          runs-on: ubuntu-latest
          timeout-minutes: 10
          steps: [{run: a}]
        two:
          runs-on: ubuntu-latest
          steps: [{run: a}]
        three:
          runs-on: ubuntu-latest
          steps: [{run: a, timeout-minutes: 5}]
        four:
          uses: ./.github/workflows/called.yml
        """
    found = findings(tmp_path, RULE, {CI: jobs(text)})
    assert [str(each.place) for each in found] == [f"{CI}:7"]
    assert found[0].message == "1 of 3 jobs of ci.yml has no timeout-minutes: two."


def test_jobs_with_limits(tmp_path: Path) -> None:
    text = "one:\n  runs-on: ubuntu-latest\n  timeout-minutes: 10\n  steps: [{run: a}]\n"
    assert told(tmp_path, RULE, {CI: jobs(text)}) == []
