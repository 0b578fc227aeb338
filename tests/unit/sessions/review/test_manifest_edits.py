from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reviewed import findings, steps

from tasker_ci.sessions.review.rules.unknown_name import RULE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "before",
    [
        "cp provider/Cargo.toml.in provider/Cargo.toml",
        "sed -i '/core/a provider' Cargo.toml",
        "echo x >> Cargo.toml",
        "cargo new provider",
        "git apply provider.patch",
        "cat more | tee -a ./Cargo.toml",
    ],
)
def test_a_package_that_may_be_there_by_then(before: str, tmp_path: Path) -> None:
    lock = {"Cargo.lock": "version = 3\n"}
    workflow = steps(before, "cargo check -p provider")
    assert findings(tmp_path, workflow, RULE, **lock) == []


@pytest.mark.parametrize("before", ["cat Cargo.toml", "cp Cargo.lock saved", "cargo fetch"])
def test_a_package_that_nothing_adds(before: str, tmp_path: Path) -> None:
    lock = {"Cargo.lock": "version = 3\n"}
    workflow = steps(before, "cargo check -p provider")
    assert [each.place.line for each in findings(tmp_path, workflow, RULE, **lock)] == [9]


def test_an_action_that_adds_it(tmp_path: Path) -> None:
    action = "runs:\n  using: composite\n  steps:\n    - {shell: bash, run: bash ci/add.sh}\n"
    files = {
        ".github__actions__add__action.yml": action,
        "ci__add.sh": "#!/bin/sh\ncp provider/Cargo.toml.in provider/Cargo.toml\n",
        "Cargo.lock": "version = 3\n",
    }
    workflow = steps("cargo check -p provider")
    used = workflow.replace("      - run:", "      - uses: ./.github/actions/add\n      - run:")
    assert findings(tmp_path / "lie", workflow, RULE, **files) != []
    assert findings(tmp_path / "twin", used, RULE, **files) == []


def test_a_script_that_adds_it(tmp_path: Path) -> None:
    script = "#!/bin/sh\ncp provider/Cargo.toml.in provider/Cargo.toml\ncargo check -p provider\n"
    files = {"ci__check.sh": script, "Cargo.lock": "version = 3\n"}
    assert findings(tmp_path, steps("bash ci/check.sh"), RULE, **files) == []
