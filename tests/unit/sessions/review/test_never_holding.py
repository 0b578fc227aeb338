from __future__ import annotations

from typing import TYPE_CHECKING

from planted_ci import CI, jobs, planted

from tasker_ci.sessions.review.never_holding import never_holding

if TYPE_CHECKING:
    from pathlib import Path


def test_a_job_hides_its_steps(tmp_path: Path) -> None:
    text = """\
        one:
          if: false
          runs-on: ubuntu-latest
          steps: [{run: a, if: false}]
        two:
          runs-on: ubuntu-latest
          steps: [{run: a, if: false}, {run: b, if: always()}]
        """
    found = [*never_holding(planted(tmp_path, {CI: jobs(text)}).reading)]
    assert [(each.job.name, each.step and each.step.run) for each in found] == [
        ("one", None),
        ("two", "a"),
    ]


def test_a_workflow_that_nothing_starts_is_another_rules(tmp_path: Path) -> None:
    text = "one:\n  if: false\n  runs-on: ubuntu-latest\n  steps: [{run: a}]\n"
    reading = planted(tmp_path, {CI: jobs(text, on="workflow_call")}).reading
    assert [*never_holding(reading)] == []
