"""Reusable workflows of other repositories, by their names and by what they are given."""

from __future__ import annotations

import pytest

from tasker_ci.foreign.github.other_workflows import may_run_tests_there

FOLDER = ".github/workflows"


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("deny", False),
        ("semantic-pull-request", False),
        ("security_audit", False),
        ("rust-clippy", False),
        ("rust-docs", True),  # examples of the documentation are tests
        ("ci", True),
        ("test", True),
        ("integration", True),
        ("docs-and-tests", True),
        ("release", True),
        ("check-docs", True),
    ],
)
def test_a_name_tells_what_a_workflow_is_for(name: str, may: bool) -> None:
    assert may_run_tests_there(f"owner/name/{FOLDER}/{name}.yml@main", {}) is may


@pytest.mark.parametrize(
    ("inputs", "may"),
    [
        ({}, False),
        ({"stable-cmd": "cargo hack check --feature-powerset"}, False),
        ({"stable-cmd": "cargo hack test"}, True),
        ({"nightly-cmd": "${{ matrix.command }}"}, True),
        ({"nightly-cmd": "./ci/all.sh"}, True),
    ],
)
def test_commands_that_are_given_to_a_known_one_are_read(inputs: dict[str, str], may: bool) -> None:
    uses = f"RustCrypto/actions/{FOLDER}/minimal-versions.yml@master"
    assert may_run_tests_there(uses, inputs) is may
