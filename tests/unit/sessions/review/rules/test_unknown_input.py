from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, findings, jobs, told

from tasker_ci.sessions.review.rules.unknown_input import RULE

if TYPE_CHECKING:
    from pathlib import Path

ACTION = """\
inputs:
  level: {default: warn}
runs:
  using: composite
  steps: []
"""


def uses(action: str, given: str) -> dict[str, str]:
    text = f"one:\n  runs-on: ubuntu-latest\n  steps:\n    - uses: {action}\n      with: {given}\n"
    return {CI: jobs(text), ".github/actions/own/action.yml": ACTION}


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("actions/checkout@v4", "{fetch-deptch: 0}"),
        ("Swatinem/rust-cache@v2", "{share-key: a}"),
        ("./.github/actions/own", "{colour: x}"),
    ],
)
def test_an_input_that_is_not_there(action: str, given: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, uses(action, given)) == [f"warning {CI}:7"]


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("actions/checkout@v4", "{fetch-depth: 0, Fetch-Tags: true}"),
        ("actions/checkout@v9", "{something-new: 0}"),
        ("someone/else@v1", "{fetch-deptch: 0}"),
        ("./.github/actions/own", "{level: x}"),
        ("./.github/actions/gone", "{level: x}"),
    ],
)
def test_an_input_that_is_there_or_may_be(action: str, given: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, uses(action, given)) == []


def test_a_called_workflow(tmp_path: Path) -> None:
    called = """\
        on:
          workflow_call:
            inputs: {level: {type: string}}
        jobs:
          one:
            runs-on: ubuntu-latest
            steps: [{run: a}]
        """
    calls = "call:\n  uses: ./.github/workflows/called.yml\n  with: {{{}: x}}\n"
    files = {CI: jobs(calls.format("level")), ".github/workflows/called.yml": called}
    assert told(tmp_path, RULE, files) == []
    files[CI] = jobs(calls.format("levle"))
    assert told(tmp_path, RULE, files) == [f"error {CI}:5"]
    assert "level" in (findings(tmp_path, RULE, files)[0].fix or "")


REQUIRING = """\
inputs:
  level: {required: true}
  colour: {required: true, default: red}
runs:
  using: composite
  steps: []
"""


def test_an_action_of_the_repository_lacks_what_it_requires(tmp_path: Path) -> None:
    files = uses("./.github/actions/own", "{colour: blue}")
    files[".github/actions/own/action.yml"] = REQUIRING
    assert told(tmp_path, RULE, files) == [f"warning {CI}:6"]


def test_an_action_of_the_repository_has_what_it_requires(tmp_path: Path) -> None:
    files = uses("./.github/actions/own", "{Level: warn}")
    files[".github/actions/own/action.yml"] = REQUIRING
    assert told(tmp_path, RULE, files) == []


@pytest.mark.parametrize(
    ("action", "given", "fails"),
    [
        ("actions/upload-artifact@v4", "{name: report}", True),
        ("actions/upload-artifact@v4", "{name: report, path: a}", False),
        ("actions/cache@v4", "{path: target}", True),
        ("actions/cache@v4", "{path: target, key: one}", False),
        ("dtolnay/rust-toolchain@master", "{components: clippy}", True),
        ("dtolnay/rust-toolchain@master", "{toolchain: 1.90}", False),
        ("dtolnay/rust-toolchain@stable", "{components: clippy}", False),
        ("dtolnay/rust-toolchain@0123456789abcdef0123456789abcdef01234567", "{targets: x}", False),
    ],
)
def test_what_a_well_known_action_requires(
    action: str, given: str, *, fails: bool, tmp_path: Path
) -> None:
    expected = [f"error {CI}:6"] if fails else []
    assert told(tmp_path, RULE, uses(action, given)) == expected


CALLED = """\
on:
  workflow_call:
    inputs: {image: {type: string, required: true}, level: {type: string}}
jobs:
  one: {runs-on: ubuntu-latest, steps: [{run: cargo test}]}
"""


@pytest.mark.parametrize(
    ("given", "expected"),
    [("{level: a}", [f"error {CI}:4"]), ("{image: a}", []), ("{IMAGE: a, level: b}", [])],
)
def test_a_called_workflow_requires_an_input(
    given: str, expected: list[str], tmp_path: Path
) -> None:
    call = f"one:\n  uses: ./.github/workflows/called.yml\n  with: {given}\n"
    files = {CI: jobs(call), ".github/workflows/called.yml": CALLED}
    assert told(tmp_path, RULE, files) == expected


def test_an_input_that_only_a_person_must_give(tmp_path: Path) -> None:
    called = "on:\n  workflow_dispatch:\n    inputs: {image: {required: true}}\n  workflow_call:\n"
    called += "jobs:\n  one: {runs-on: ubuntu-latest, steps: [{run: cargo test}]}\n"
    call = "one:\n  uses: ./.github/workflows/called.yml\n"
    assert told(tmp_path, RULE, {CI: jobs(call), ".github/workflows/called.yml": called}) == []
