from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, jobs, planted

from tasker_ci.sessions.review.never_holding import never_holding, unseen_failure

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


@pytest.mark.parametrize(
    ("condition", "tolerance", "dead"),
    [
        ("steps.test.outcome == 'failure'", None, True),
        ("${{ steps.test.outcome == 'failure' }}", None, True),
        ("github.ref == 'x' && steps.test.conclusion == 'failure'", None, True),
        ("steps.test.conclusion == 'failure'", "true", True),
        ("steps.test.outcome == 'failure'", "true", False),
        ("steps.test.outcome == 'failure'", "${{ matrix.may_fail }}", False),
        ("always() && steps.test.outcome == 'failure'", None, False),
        ("failure() && steps.test.outcome == 'failure'", None, False),
        ("!success() && steps.test.outcome == 'failure'", None, False),
        ("!cancelled() && steps.test.outcome == 'failure'", None, False),
        ("steps.test.outcome == 'failure' || github.ref == 'x'", None, False),
        ("steps.test.outcome == 'success'", None, False),
        ("steps.test.outcome != 'success'", None, False),
        ("steps.test.outputs.outcome == 'failure'", None, False),
        ("steps.later.outcome == 'failure'", None, False),
    ],
)
def test_a_failure_that_a_condition_never_sees(
    condition: str, tolerance: str | None, *, dead: bool
) -> None:
    assert bool(unseen_failure(condition, "steps", {"test": tolerance})) is dead


def test_a_job_that_asks_for_the_failure_of_another(tmp_path: Path) -> None:
    text = """\
        one: {runs-on: ubuntu-latest, steps: [{run: a}]}
        two:
          needs: one
          if: needs.one.result == 'failure'
          runs-on: ubuntu-latest
          steps: [{run: b}]
        three:
          needs: one
          if: failure() && needs.one.result == 'failure'
          runs-on: ubuntu-latest
          steps: [{run: c}]
        """
    found = [*never_holding(planted(tmp_path, {CI: jobs(text)}).reading)]
    assert [each.job.name for each in found] == ["two"]
    assert "false after a failed job" in found[0].why
