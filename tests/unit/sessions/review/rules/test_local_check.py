from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reviewed import findings, steps

from tasker_ci.sessions.review.rules.local_check import RULE

if TYPE_CHECKING:
    from pathlib import Path

ROOT = (
    '[workspace]\nmembers = ["core", "store"]\n'
    '[package]\nname = "top"\nversion = "0.1.0"\nedition = "2021"\n'
)
EACH = 'for crate in . core store; do\n  (cd "$crate" && cargo clippy)\ndone'


def said(folder: Path, name: str, text: str, *jobs: str) -> list[str]:
    files = {
        "Cargo.toml": ROOT,
        "src__lib.rs": "",
        name.replace("/", "__"): f"#!/bin/bash\n{text}\n",
    }
    return [each.message for each in findings(folder, steps(*jobs), RULE, **files)]


@pytest.mark.parametrize(
    ("name", "text", "job", "message"),
    [
        (
            "scripts/check.sh",
            EACH,
            "cargo clippy",
            "scripts/check.sh lints 3 packages, the jobs lint 1.",
        ),
        (
            ".githooks/pre-push",
            "cargo test",
            "cargo test --workspace",
            ".githooks/pre-push tests 1 package, the jobs test 3.",
        ),
    ],
)
def test_a_script_that_looks_at_others(
    name: str, text: str, job: str, message: str, tmp_path: Path
) -> None:
    assert said(tmp_path, name, text, job) == [message]


@pytest.mark.parametrize(
    ("name", "text", "jobs"),
    [
        ("scripts/check.sh", EACH, ("cargo clippy --workspace",)),
        ("scripts/check.sh", EACH, ("cargo test",)),
        ("scripts/check.sh", EACH, ("bash scripts/check.sh",)),
        ("scripts/check-core.sh", "cargo clippy -p core", ("cargo clippy --workspace",)),
        ("scripts/check.sh", "cargo clippy; cargo $(which_one)", ("cargo clippy --workspace",)),
        ("scripts/build.sh", EACH, ("cargo clippy",)),
        ("other/check.sh", EACH, ("cargo clippy",)),
    ],
)
def test_a_script_that_looks_at_the_same_or_is_another(
    name: str, text: str, jobs: tuple[str, ...], tmp_path: Path
) -> None:
    assert said(tmp_path, name, text, *jobs) == []
