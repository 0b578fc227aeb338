"""Crates that are published before anything has tested them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, jobs, told

from tasker_ci.sessions.review.rules.publish_untested import RULE

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = ".github/workflows/release.yml"
TEST = "test:\n  runs-on: ubuntu-latest\n  steps:\n    - run: cargo test\n"
LINT = "lint:\n  runs-on: ubuntu-latest\n  steps:\n    - run: cargo clippy\n"


def publish(run: str = "cargo publish", needs: str = "[]", before: str = "true") -> str:
    head = f"publish:\n  needs: {needs}\n  runs-on: ubuntu-latest\n  steps:\n"
    return f"{head}    - run: {before}\n    - run: {run}\n"


@pytest.mark.parametrize(
    "release",
    [
        publish(),
        publish("cargo release --execute"),
        publish("cargo workspaces publish --yes"),
        publish("cargo hack publish"),
        publish().replace("run: cargo publish", "uses: release-plz/action@v0.5"),
        LINT + publish(needs="lint"),
        TEST + publish(),
    ],
)
def test_nothing_tests_before(release: str, tmp_path: Path) -> None:
    files = {CI: jobs(TEST), RELEASE: jobs(release, on="{push: {tags: ['v*']}}")}
    (found,) = told(tmp_path, RULE, files)
    assert found.startswith(f"warning {RELEASE}:")


@pytest.mark.parametrize(
    ("release", "on"),
    [
        (TEST + publish(needs="test"), "push"),
        (TEST + LINT.replace("  steps", "  needs: test\n  steps") + publish(needs="lint"), "push"),
        (publish(before="cargo nextest run"), "push"),
        ("ci: {uses: ./.github/workflows/ci.yml}\n" + publish(needs="ci"), "push"),
        (publish(), "{workflow_run: {workflows: [CI]}}"),
        (publish(before="gh run watch 1"), "push"),
        (publish("cargo publish --dry-run"), "push"),
        (publish("cargo release 1.0"), "push"),
    ],
)
def test_what_tests_before_or_publishes_nothing(release: str, on: str, tmp_path: Path) -> None:
    files = {CI: jobs(TEST, on="[push, workflow_call]"), RELEASE: jobs(release, on=on)}
    assert told(tmp_path, RULE, files) == []


def test_tests_of_the_workflow_that_calls_it_count(tmp_path: Path) -> None:
    calls = TEST + "release:\n  needs: test\n  uses: ./.github/workflows/release.yml\n"
    files = {CI: jobs(calls), RELEASE: jobs(publish(), on="workflow_call")}
    assert told(tmp_path, RULE, files) == []
    apart = {CI: jobs(calls.replace("needs: test", "needs: []")), RELEASE: files[RELEASE]}
    assert told(tmp_path / "apart", RULE, apart) == [f"warning {RELEASE}:8"]


def test_beside_what_cannot_be_read_it_is_a_suspicion(tmp_path: Path) -> None:
    hidden = "check:\n  runs-on: ubuntu-latest\n  steps:\n    - run: $(x) test\n"
    files = {RELEASE: jobs(hidden + publish(needs="check"))}
    assert [each[:8] for each in told(tmp_path, RULE, files)] == ["warning?"]
