from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, findings, jobs, told

from tasker_ci.sessions.review.rules.dead_action import RULE

if TYPE_CHECKING:
    from pathlib import Path

HASH = "0123456789abcdef0123456789abcdef01234567"


def uses(action: str) -> dict[str, str]:
    return {CI: jobs(f"one:\n  runs-on: ubuntu-latest\n  steps:\n    - uses: {action}\n")}


@pytest.mark.parametrize(
    ("action", "severity"),
    [
        ("actions/upload-artifact@v3", "error"),
        ("actions/upload-artifact@v3.1.2", "error"),
        (f"actions/download-artifact@{HASH} # v3.0.2", "error"),
        ("actions/cache@v2", "error"),
        ("actions/cache@v4.1.2", "error"),
        ("actions/cache@v3", "warning"),
        ("actions/cache@v3.4.0", "warning"),
        ("actions/checkout@v2", "warning"),
        ("mozilla-actions/sccache-action@v0.0.4", "error"),
        ("actions-rs/toolchain@v1", "warning"),
        (f"actions-rs/cargo@{HASH}", "warning"),
    ],
)
def test_what_no_longer_runs(action: str, severity: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, uses(action)) == [f"{severity} {CI}:6"]


@pytest.mark.parametrize(
    "action",
    [
        "actions/upload-artifact@v4",
        "actions/cache@v4",
        "actions/cache@v4.2.0",
        "actions/checkout@v6",
        f"actions/upload-artifact@{HASH} # v4.6.2",
        f"actions/upload-artifact@{HASH}",
        "mozilla-actions/sccache-action@v0.0.9",
        "actions/checkout@main",
        "./.github/actions/cache",
        "docker://alpine:3",
    ],
)
def test_what_runs_or_is_not_known(action: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, uses(action)) == []


def test_one_finding_for_all_places_and_actions_of_the_repository(tmp_path: Path) -> None:
    action = "runs:\n  using: composite\n  steps:\n    - uses: actions/cache@v2\n"
    files = {**uses("actions/cache@v2"), ".github/actions/a/action.yml": action}
    found = findings(tmp_path, RULE, files)
    assert [str(each.place) for each in found] == [".github/actions/a/action.yml:4"]
    assert found[0].evidence == (f"also {CI}:6",)


def test_an_image_that_is_gone(tmp_path: Path) -> None:
    text = """\
        one:
          runs-on: ${{ matrix.os }}
          strategy: {matrix: {os: [ubuntu-latest, ubuntu-20.04]}}
          steps: [{run: cargo test}]
        own:
          runs-on: [self-hosted, ubuntu-20.04]
          steps: [{run: cargo test}]
        """
    assert told(tmp_path, RULE, {CI: jobs(text)}) == [f"error {CI}:5"]
