"""Workflow files as values, with their places."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from foreign_workflows import CI, checkout

from tasker_ci.foreign.github.workflow_reading import read_action, read_workflow, read_workflows
from tasker_ci.foreign.places import Place

PATH = PurePosixPath(CI)


def test_a_whole_workflow() -> None:
    workflow = read_workflow(
        PATH,
        b"""name: CI
on:
  push:
    branches: [main]
    paths-ignore:
      - docs/**
  schedule:
    - cron: '0 3 * * 1'
  workflow_dispatch:
    inputs:
      full: {type: boolean, default: false, required: true}
env:
  VERSION: 1.70
  FLAG: yes
defaults: {run: {shell: bash, working-directory: rust}}
concurrency: {group: one}
jobs:
  test:
    name: Tests
    needs: [plan]
    if: github.event_name == 'push'
    runs-on: [self-hosted, linux]
    timeout-minutes: 20
    continue-on-error: true
    container: {image: 'rust:1.80', env: {A: 1}}
    services:
      postgres: {image: 'postgres:17', env: {POSTGRES_PASSWORD: x}}
    strategy:
      fail-fast: false
      matrix: {os: [a]}
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - name: Run
        id: run
        if: always()
        shell: sh
        working-directory: core
        env: {B: "2"}
        run: |
          cargo test
          cargo doc
      - run: cargo fmt
  called:
    uses: ./.github/workflows/other.yml
    with: {what: all}
""",
    )
    push, schedule = workflow.triggers["push"], workflow.triggers["schedule"]
    assert push.filters == {"branches": ("main",), "paths-ignore": ("docs/**",)}
    assert push.places["paths-ignore"] == Place(PATH, 5)
    assert (push.place.line, schedule.place.line) == (3, 7)
    assert schedule.filters == {"cron": ("0 3 * * 1",)}
    assert workflow.inputs["full"].type == "boolean"
    assert workflow.inputs["full"].default == "false"
    assert workflow.environment == {"VERSION": "1.7", "FLAG": "yes"}  # as GitHub makes texts
    assert (workflow.shell, workflow.folder, workflow.concurrency) == ("bash", "rust", "one")
    job = workflow.jobs["test"]
    assert (job.place.line, job.title, job.needs) == (18, "Tests", ("plan",))
    assert (job.condition, job.condition_place) == ("github.event_name == 'push'", Place(PATH, 21))
    assert job.runs_on == ("self-hosted", "linux")
    assert (job.timeout, job.continue_on_error, job.fail_fast) == ("20", "true", "false")
    assert (job.container, job.environment) == ("rust:1.80", {"A": "1"})
    assert job.services == {"postgres": "postgres:17"}
    assert job.service_environment == {"postgres": {"POSTGRES_PASSWORD": "x"}}
    checkout_step, run, last = job.steps
    assert (checkout_step.uses, checkout_step.inputs) == (
        "actions/checkout@v4",
        {"fetch-depth": "0"},
    )
    assert checkout_step.input_places == {"fetch-depth": Place(PATH, 34)}
    assert (run.place, run.run_place) == (Place(PATH, 35), Place(PATH, 42))
    assert (run.id, run.condition, run.shell, run.folder) == ("run", "always()", "sh", "core")
    assert (run.run, run.environment) == ("cargo test\ncargo doc\n", {"B": "2"})
    assert last.run_place == Place(PATH, 44)
    called = workflow.jobs["called"]
    assert (called.uses, called.inputs) == ("./.github/workflows/other.yml", {"what": "all"})
    assert called.uses_place == Place(PATH, 46)


@pytest.mark.parametrize(
    ("on", "events"),
    [
        ("push", ["push"]),
        ("[push, pull_request]", ["push", "pull_request"]),
        ("{push: , pull_request: {types: [opened]}}", ["push", "pull_request"]),
    ],
)
def test_triggers_are_a_word_a_list_or_a_mapping(on: str, events: list[str]) -> None:
    assert [*read_workflow(PATH, f"on: {on}\njobs: {{}}".encode()).triggers] == events


def test_anchors_are_followed_and_merge_keys_are_not() -> None:
    workflow = read_workflow(
        PATH,
        b"""on: push
jobs:
  a: &a
    env: &env {A: 1}
    runs-on: ubuntu-latest
    steps: [{run: cargo test}]
  b: *a
  c:
    env: {<<: *env, B: 2}
""",
    )
    assert workflow.jobs["b"].steps == workflow.jobs["a"].steps
    assert workflow.jobs["c"].environment == {"B": "2"}
    assert [str(each) for each in workflow.opaque] == [f"{CI}:9: GitHub does not know the key `<<`"]


@pytest.mark.parametrize(
    "content",
    [b"", b"- a", b"\xff", b"a: [", b"on: push", b"jobs: [1, 2]\non: 3", b"x" * (2 << 20)],
)
def test_anything_gives_a_workflow(content: bytes) -> None:
    assert read_workflow(PATH, content).jobs == {}


def test_steps_that_aliases_repeat_are_bounded() -> None:
    step = "        - {run: cargo test}\n"
    job = "  j{0}: {{steps: *steps}}\n"
    text = f"on: push\njobs:\n  a:\n    steps: &steps\n{step * 500}" + "".join(
        job.format(number) for number in range(500)
    )
    workflow = read_workflow(PATH, text.encode())
    assert sum(len(each.steps) for each in workflow.jobs.values()) <= 20_000
    assert "too many steps" in workflow.opaque[0].why


def test_only_files_of_the_folder_are_workflows(tmp_path: Path) -> None:
    here = checkout(
        tmp_path,
        "on: push\njobs: {}",
        {
            ".github/workflows/b.yaml": "on: push",
            ".github/workflows/more/c.yml": "on: push",
            ".github/workflows/notes.txt": "x",
        },
    )
    assert [each.path.name for each in read_workflows(here)] == ["b.yaml", "ci.yml"]


def test_actions_of_the_repository(tmp_path: Path) -> None:
    here = checkout(
        tmp_path,
        files={
            "setup/action.yaml": """
                inputs: {rust: {default: stable}}
                outputs: {x: {value: '${{ steps.a.outputs.x }}'}}
                runs: {using: composite, steps: [{run: rustup show, shell: bash}]}
            """,
            "js/action.yml": "runs: {using: node20, main: index.js}",
            "broken/action.yml": "[",
        },
    )
    setup = read_action(here, PurePosixPath("setup"))
    assert setup is not None
    assert setup.inputs["rust"].default == "stable"
    assert setup.steps[0].run == "rustup show"
    assert setup.outputs == {"x": "${{ steps.a.outputs.x }}"}
    other = read_action(here, PurePosixPath("js"))
    assert other is not None
    assert other.using == "node20"
    broken = read_action(here, PurePosixPath("broken"))
    assert broken is not None
    assert broken.opaque
    assert read_action(here, PurePosixPath("nowhere")) is None
