from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, jobs, told

from tasker_ci.sessions.review.named_paths import named_paths
from tasker_ci.sessions.review.rules.path_missing import RULE

if TYPE_CHECKING:
    from pathlib import Path


def steps(*lines: str) -> dict[str, str]:
    text = "".join(f"    - {line}\n" for line in ("uses: actions/checkout@v4", *lines))
    return {CI: jobs(f"one:\n  runs-on: ubuntu-latest\n  steps:\n{text}")}


@pytest.mark.parametrize(
    "line",
    [
        "run: ./ci/build.sh",
        "run: bash ci/build.sh --all",
        "uses: ./.github/actions/setup",
        "run: cargo test --manifest-path crates/core/Cargo.toml",
        "run: docker compose -f docker/compose.test.yml up -d",
        "{run: cargo test, working-directory: crates/core}",
        "{uses: docker/build-push-action@v6, with: {file: docker/Dockerfile.dev}}",
    ],
)
def test_what_is_not_in_the_repository(line: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, {**steps(line), "src/lib.rs": ""}) == [f"warning {CI}:7"]


@pytest.mark.parametrize(
    "line",
    [
        "run: ./ci/build.sh",
        "uses: ./.github/actions/setup",
        "run: cargo test --manifest-path crates/core/Cargo.toml",
        "{run: cargo test, working-directory: crates/core}",
        "{uses: docker/build-push-action@v6, with: {file: docker/Dockerfile.dev}}",
        "run: ./target/debug/tool.sh",
        "run: ${{ github.workspace }}/ci/x.sh",
        'run: bash "$HOME/x.sh"',
        "run: /usr/bin/x.sh",
        "run: cd crates/core && cargo test --manifest-path ./Cargo.toml",
        "{run: cargo test, working-directory: '${{ matrix.folder }}'}",
    ],
)
def test_what_is_there_or_elsewhere(line: str, tmp_path: Path) -> None:
    there = {
        "ci/build.sh": "",
        ".github/actions/setup/action.yml": "runs: {using: composite, steps: []}\n",
        "crates/core/Cargo.toml": "",
        "docker/Dockerfile.dev": "",
    }
    assert told(tmp_path, RULE, {**steps(line), **there}) == []


@pytest.mark.parametrize(
    "before",
    [
        "run: git clone https://example.com/ci ci",
        "run: mkdir ci && touch ci/build.sh",
        "{uses: actions/checkout@v4, with: {repository: some/thing, path: ci}}",
        "{uses: actions/download-artifact@v4, with: {path: ci}}",
    ],
)
def test_what_a_step_before_makes(before: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, steps(before, "run: ./ci/build.sh")) == []


@pytest.mark.parametrize(
    "before", ["run: ./configure", "uses: someone/something@v1", "run: make all"]
)
def test_what_may_make_anything_leaves_a_suspicion(before: str, tmp_path: Path) -> None:
    files = {
        **steps(before, "run: ./ci/build.sh"),
        "configure": "#!/bin/sh\n",
        "Makefile": "all:\n\ttrue\n",
    }
    assert told(tmp_path, RULE, files) in ([f"warning? {CI}:8"], [f"warning {CI}:8"])


def test_a_submodule(tmp_path: Path) -> None:
    files = {**steps("run: ./ci/build.sh"), ".gitmodules": '[submodule "ci"]\n\tpath = ci\n'}
    assert told(tmp_path, RULE, files) == []


def test_a_workflow_that_is_called_and_not_there(tmp_path: Path) -> None:
    files = {CI: jobs("one:\n  uses: ./.github/workflows/gone.yml\n")}
    assert told(tmp_path, RULE, files) == [f"warning {CI}:4"]


def test_nothing_is_named(tmp_path: Path) -> None:
    from planted_ci import planted

    assert [*named_paths(planted(tmp_path, {"src/lib.rs": ""}))] == []
