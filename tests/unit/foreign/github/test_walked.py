"""A repository that nobody means well: an answer, in a bounded time, for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from foreign_workflows import checkout, commands, lines, runs

from tasker_ci.foreign.github.steps import walk_run
from tasker_ci.foreign.github.walked import Budget, WalkedRun

if TYPE_CHECKING:
    from pathlib import Path


def test_a_budget_ends() -> None:
    budget = Budget(steps=2, characters=10)
    assert budget.has(steps=1, characters=9)
    assert not budget.has(steps=1, characters=2)
    assert not Budget(steps=0).has(steps=1, characters=0)


def test_actions_that_use_one_another_many_times_are_not_walked_to_the_end(tmp_path: Path) -> None:
    uses = "[" + ", ".join(["{uses: ./act}"] * 100) + "]"
    action = f"runs: {{using: composite, steps: {uses}}}"
    ci = f"on: push\njobs: {{a: {{runs-on: ubuntu-latest, steps: {uses}}}}}"
    here = checkout(tmp_path, ci, {"act/action.yml": action})
    here.once("budget of steps", lambda: Budget(steps=2000))
    _, opaque = commands(here)
    assert any("more than is read" in each for each in opaque)


def test_many_legs_of_many_steps_are_not_walked_to_the_end(tmp_path: Path) -> None:
    axis = "[" + ", ".join(map(str, range(16))) + "]"
    steps = "        - {run: cargo test}\n" * 1000
    ci = f"""on: push
jobs:
  a:
    runs-on: ubuntu-latest
    strategy: {{matrix: {{a: {axis}, b: {axis}}}}}
    steps:
{steps}"""
    here = checkout(tmp_path, ci)
    here.once("budget of steps", lambda: Budget(characters=len("cargo test") * 2000))
    found, opaque = commands(here)
    assert len(found) == 2000
    assert any("more than is read" in each for each in opaque)


@pytest.mark.parametrize(
    "ci",
    [
        "on: push\njobs: &j {a: *j}",
        "on: push\njobs: {a: {steps: &s [*s, {run: x}]}}",
        "on: push\njobs: {a: &a {env: *a, with: *a, services: *a, needs: *a, runs-on: *a}}",
        "on: &o {push: *o}\njobs: {a: {}}",
        "on: push\njobs: {a: {strategy: {matrix: &m {x: [*m], include: [*m]}}}}",
        "on: push\njobs: {a: {needs: a}}",
        'on: push\njobs: {"\\e[31m::error::x": {steps: [{run: "::error::\\e[0m"}]}}',
        "on: [[push]]\njobs: [a]",
        "on: {push: {branches: {a: b}}}\njobs: {a: {steps: {run: x}}}",
        "on: push\njobs: {a: {if: {a: b}, steps: [{if: [], run: {}, uses: []}]}}",
        "on: push\nenv: [a]\ndefaults: x\njobs: {a: {env: x, steps: [{env: '${{', run: x}]}}",
        "? {a: b}\n: c\non: push\njobs: {? [a] : b, 1: {steps: [{run: x}]}}",
    ],
)
def test_any_document_gets_an_answer(tmp_path: Path, ci: str) -> None:
    here = checkout(tmp_path, ci)
    found, _ = runs(here)
    for run in found:
        assert isinstance(walk_run(run, here, lines), WalkedRun)
