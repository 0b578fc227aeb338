"""The fix of a lost test says what really has to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reviewed import CI, findings, steps

from tasker_ci.sessions.review.rules import test_unselected
from tasker_ci.sessions.review.smallest_change import FeatureChange

if TYPE_CHECKING:
    from pathlib import Path

PLACE = f"{CI}:8"
ALL = "cargo test --workspace --all-features"


@pytest.mark.parametrize(
    ("command", "condition", "fix"),
    [
        (
            "cargo test --workspace",
            'feature = "fast"',
            f"Add `--features store/fast` in {PLACE}, or a command that has it.",
        ),
        (
            ALL,
            'not(feature = "fast")',
            f"Add a command beside {PLACE} that builds store without `fast`.",
        ),
        (
            "cargo test --workspace --features store/fast",
            'all(feature = "slow", not(feature = "fast"))',
            f"Add a command beside {PLACE} that builds store with `slow` and without `fast`.",
        ),
        (
            "cargo test --workspace",
            'all(feature = "slow", any(feature = "fast", unix))',
            f"Add `--features store/slow` in {PLACE}, or a command that has it.",
        ),
        (
            ALL,
            'all(loom, feature = "fast")',
            'Add a job in which it is otherwise: `cfg(all(loom, feature = "fast"))` does not hold.',
        ),
        (
            ALL,
            'feature = "tls"',
            "Declare the feature `tls` of store, or remove what stands behind it.",
        ),
        (
            "cargo test -p core",
            "test",
            f"Add `--workspace` in {PLACE}, or a command with `-p store`.",
        ),
        (
            "cargo test --workspace --bins",
            "test",
            f"Add `--lib` in {PLACE}, or a command with it.",
        ),
    ],
)
def test_the_change_ends_the_loss(tmp_path: Path, command: str, condition: str, fix: str) -> None:
    files = {
        "core__src__lib.rs": "",
        "store__Cargo.toml": (
            '[package]\nname = "store"\nversion = "0.1.0"\nedition = "2021"\n'
            "[features]\nfast = []\nslow = []\n"
        ),
        "store__src__lib.rs": f"#[cfg({condition})]\n#[test]\nfn stores() {{}}\n",
    }
    (found,) = findings(tmp_path, steps(command), test_unselected.RULE, **files)
    assert found.fix == fix


def test_a_command_that_names_the_package_is_nearer_than_one_that_does_not(
    tmp_path: Path,
) -> None:
    manifest = (
        '[package]\nname = "store"\nversion = "0.1.0"\nedition = "2021"\n[features]\nfast = []\n'
        '[[test]]\nname = "speed"\nrequired-features = ["fast"]\n'
    )
    files = {
        "store__Cargo.toml": manifest,
        "store__src__lib.rs": "",
        "store__tests__speed.rs": "#[test]\nfn stores() {}\n",
    }
    commands = steps("cargo test -p core", "cargo test --workspace")
    (found,) = findings(tmp_path, commands, test_unselected.RULE, **files)
    assert found.fix == f"Add `--features store/fast` in {CI}:9, or a command that has it."


def test_a_change_of_features_reads_as_a_sentence() -> None:
    assert str(FeatureChange(on=("a", "b"), off=("c",))) == "with `a,b` and without `c`"
