"""Which files tell that a CI builds with a version of Rust."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, jobs, planted

from tasker_ci.sessions.review.named_versions import may_be_built

if TYPE_CHECKING:
    from pathlib import Path

UNREAD = jobs("test:\n  runs-on: ubuntu-latest\n  steps:\n    - run: cargo $(x)\n")


@pytest.mark.parametrize(
    ("file", "text", "may"),
    [
        ("Makefile", "test:\n\trustup default 1.75\n", True),
        ("docker/ci.Dockerfile", "FROM rust:1.75-slim\n", True),
        ("rust-toolchain", "1.75.0\n", True),
        ("ci/build.py", "manifest['rust_version']\n", True),
        ("notes/1.md", "Rust 1.75\n", False),
        ("ci/build.sh", "rustup default 11.75\n", False),
    ],
)
def test_a_version_that_a_file_of_the_ci_names(
    tmp_path: Path, file: str, text: str, may: bool
) -> None:
    assert may_be_built(planted(tmp_path, {CI: UNREAD, file: text}), "1.75") is may


def test_where_all_was_read_only_what_was_read_counts(tmp_path: Path) -> None:
    files = {CI: UNREAD.replace("$(x)", "test"), "ci/old.sh": "rustup default 1.75\n"}
    assert not may_be_built(planted(tmp_path, files), "1.75")


def test_what_another_repository_builds_is_not_known(tmp_path: Path) -> None:
    calls = jobs("rust:\n  uses: someone/ci/.github/workflows/rust.yml@v1\n")
    assert may_be_built(planted(tmp_path, {CI: calls}), "1.75")
