"""Which jobs run, in which legs, and what may start them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from foreign_workflows import checkout, runs

from tasker_ci.foreign.github.contexts import contexts_of
from tasker_ci.foreign.github.job_runs import job_runs
from tasker_ci.foreign.github.starts import starts_of
from tasker_ci.foreign.github.values import UNKNOWN
from tasker_ci.foreign.github.workflow_reading import read_workflows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("on", "condition", "expected"),
    [
        ("push", "github.event_name == 'release'", False),
        ("push", "github.event_name == 'push'", True),
        ("[push, release]", "github.event_name == 'release'", True),
        ("push", "github.repository == 'a/b'", None),
        ("push", "github.event_name == 'release' && github.repository == 'a/b'", False),
        ("push", "github.event.pull_request.draft == false", True),  # null is false
        ("pull_request", "github.event.pull_request.draft == false", None),
        ("pull_request", "startsWith(github.ref, 'refs/tags/')", False),
        ("pull_request", "github.event.action == 'labeled'", False),
        ("{pull_request: {types: [labeled]}}", "github.event.action == 'labeled'", True),
        ("{push: {branches: [main]}}", "startsWith(github.ref, 'refs/tags/')", False),
        ("{push: {branches: [main]}}", "github.ref == 'refs/heads/main'", True),
        ("{push: {branches: [main, 'v*']}}", "github.ref_name == 'main'", True),
        ("{push: {branches: ['v*']}}", "github.ref == 'refs/heads/main'", False),
        ("{push: {tags: ['v*']}}", "startsWith(github.ref, 'refs/tags/v')", True),
        ("{push: {tags: ['v*']}}", "github.ref_type == 'branch'", False),
        ("push", "startsWith(github.ref, 'refs/tags/')", True),
        ("{schedule: [{cron: '0 1 * * *'}]}", "github.event.schedule == '0 1 * * *'", True),
        ("{schedule: [{cron: '0 1 * * *'}]}", "github.event.schedule == '0 2 * * *'", False),
        ("push", "inputs.full", False),
        ("{workflow_dispatch: {inputs: {full: }}}", "inputs.full", None),
        ("{workflow_run: {types: [completed]}}", "github.event.action == 'requested'", False),
        ("{issues: {types: [opened, labeled]}}", "github.event.action == 'labeled'", True),
        ("issues", "github.event.action == 'labeled'", None),
        ("{pull_request: {types: [closed]}}", "github.ref == 'refs/heads/main'", None),
        ("push", "github.base_ref == ''", True),
        ("merge_group", "github.base_ref == ''", None),
        ("pull_request", "github.head_ref == ''", False),
        ("push", "always()", True),
        ("push", "failure()", None),
        ("push", "false", False),
        ("push", "secrets.TOKEN != ''", None),
    ],
)
def test_conditions_are_asked_for_each_start(
    tmp_path: Path, on: str, condition: str, expected: bool | None
) -> None:
    ci = f'on: {on}\njobs: {{a: {{if: "{condition}", runs-on: ubuntu-latest, steps: []}}}}'
    (run,), opaque = runs(checkout(tmp_path, ci))
    assert run.runs is expected
    assert opaque == ()


def test_a_job_has_the_starts_in_which_it_may_run(tmp_path: Path) -> None:
    ci = """
on: [push, schedule]
jobs:
  nightly: {if: github.event_name == 'schedule', runs-on: x}
  after: {needs: nightly, runs-on: x}
  anyway: {needs: nightly, if: always(), runs-on: x}
  never: {if: false, runs-on: x}
  skipped: {needs: [never, after], runs-on: x}
"""
    found, _ = runs(checkout(tmp_path, ci))
    events = {run.job.name: {start.event for start in run.starts} for run in found}
    assert events == {
        "nightly": {"schedule"},
        "after": {"schedule"},
        "anyway": {"push", "schedule"},
        "never": set(),
        "skipped": set(),
    }
    assert {run.job.name: run.runs for run in found}["after"] is True


def test_machines(tmp_path: Path) -> None:
    ci = """
on: push
jobs:
  a:
    strategy: {matrix: {os: [ubuntu-24.04, windows-2022, macos-14, macos-13, depot-ubuntu-arm]}}
    runs-on: ${{ matrix.os }}
  b: {runs-on: "${{ fromJSON('[\\"self-hosted\\", \\"linux\\", \\"ARM64\\"]') }}"}
  c: {runs-on: "${{ vars.RUNNER }}"}
  d: {runs-on: windows-latest, container: 'docker://rust:1.80'}
  e: {runs-on: macos-14, container: "${{ vars.IMAGE }}"}
"""
    found, _ = runs(checkout(tmp_path, ci))
    machines = [(run.machine.system, run.machine.architecture) for run in found]
    assert machines == [
        ("Linux", "X64"),
        ("Windows", "X64"),
        ("macOS", "ARM64"),
        ("macOS", "X64"),
        ("Linux", "ARM64"),
        ("Linux", "ARM64"),
        (None, None),
        ("Linux", "X64"),
        ("macOS", "ARM64"),
    ]
    assert found[5].machine.labels == ("self-hosted", "linux", "ARM64")
    assert found[-2].machine.container == "rust:1.80"


def test_a_matrix_may_depend_on_the_event(tmp_path: Path) -> None:
    ci = """
on: [push, pull_request]
jobs:
  a:
    runs-on: x
    strategy:
      matrix:
        os: ${{ fromJSON(github.event_name == 'push' && '["a", "b"]' || '["a"]') }}
"""
    found, _ = runs(checkout(tmp_path, ci))
    assert [(run.leg["os"], run.starts[0].event) for run in found] == [
        ("a", "push"),
        ("b", "push"),
        ("a", "pull_request"),
    ]


def test_a_called_workflow_runs_with_the_inputs_of_each_caller(tmp_path: Path) -> None:
    ci = """
on: [push, workflow_dispatch]
jobs:
  fast:
    strategy: {matrix: {package: [a, b]}}
    uses: ./.github/workflows/test.yml
    with: {package: "${{ matrix.package }}", all: true}
  never:
    if: github.event_name == 'release'
    uses: ./.github/workflows/test.yml
  away: {uses: other/repository/.github/workflows/test.yml@v1}
  lost: {uses: ./.github/workflows/lost.yml}
"""
    called = """
on:
  workflow_call:
    inputs:
      package: {type: string, default: everything}
      all: {type: boolean}
      threads: {type: number, default: 4}
jobs:
  run: {if: "inputs.all && github.event_name == 'push'", runs-on: x}
"""
    files = {".github/workflows/test.yml": called, ".github/workflows/orphan.yml": called}
    found, opaque = runs(checkout(tmp_path, ci, files))
    inner = [run for run in found if run.job.name == "run"]
    by_label = {run.label: run for run in inner}
    assert {label: run.runs for label, run in by_label.items()} == {
        "test.yml, job run, called by ci.yml, job fast (a)": True,
        "test.yml, job run, called by ci.yml, job fast (b)": True,
        "orphan.yml, job run": False,
    }
    one = by_label["test.yml, job run, called by ci.yml, job fast (a)"]
    assert one.inputs == {"package": "a", "all": True, "threads": 4}
    assert {start.event for start in one.starts} == {"push"}
    assert by_label["orphan.yml, job run"].runs is False
    assert [str(each).partition(": ")[2] for each in opaque] == [
        "it calls other/repository/.github/workflows/test.yml@v1, a workflow of another repository",
        "it calls ./.github/workflows/lost.yml, which is not there",
    ]


def test_workflows_that_call_one_another_in_a_circle_end(tmp_path: Path) -> None:
    one = "on: [push, workflow_call]\njobs: {a: {uses: ./.github/workflows/two.yml}}"
    two = "on: workflow_call\njobs: {b: {uses: ./.github/workflows/ci.yml}}"
    _, opaque = runs(checkout(tmp_path, one, {".github/workflows/two.yml": two}))
    assert any("too deeply" in each.why for each in opaque)


def test_jobs_that_need_one_another_are_jobs_all_the_same(tmp_path: Path) -> None:
    found, _ = runs(checkout(tmp_path, "on: push\njobs: {a: {needs: b}, b: {needs: a}}"))
    assert [run.job.name for run in found] == ["a", "b"]


def test_runs_are_bounded(tmp_path: Path) -> None:
    axes = (
        "{a: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16], b: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}"
    )
    jobs = "".join(f"  j{n}: {{runs-on: x, strategy: {{matrix: {axes}}}}}\n" for n in range(40))
    found, opaque = runs(checkout(tmp_path, f"on: push\njobs:\n{jobs}"))
    assert len(found) <= 4000
    assert "too many jobs" in opaque[-1].why


def test_a_text_that_differs_by_start_is_not_known(tmp_path: Path) -> None:
    ci = """
on: [push, pull_request, workflow_dispatch]
jobs: {a: {runs-on: x}}
"""
    (run,), _ = runs(checkout(tmp_path, ci))
    contexts = contexts_of(run, {"A": "1", "B": None})
    assert contexts.text("${{ github.event_name }}") is None
    assert contexts.value("${{ github.event_name }}") is UNKNOWN
    assert contexts.text("${{ inputs.flags || '--all' }}") == "--all"
    assert contexts.text("${{ env.A }}") == "1"
    assert contexts.text("${{ env.B }}") is None
    assert (
        contexts.filled_in("${{ env.A }} ${{ github.event_name }}") == "1 ${{ github.event_name }}"
    )


def test_filters_without_end_are_bounded(tmp_path: Path) -> None:
    branches = ", ".join(f"b{number}" for number in range(5000))
    here = checkout(tmp_path, f"on: {{push: {{branches: [{branches}]}}}}\njobs: {{a: {{}}}}")
    (workflow,) = read_workflows(here)
    assert len(starts_of(workflow)) == 1


def test_no_workflow_runs_nothing() -> None:
    assert job_runs(()) == ((), ())
