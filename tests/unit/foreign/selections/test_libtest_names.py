from __future__ import annotations

from pathlib import Path

import pytest
from rust_workspaces import package, target

from tasker_ci.foreign.selections.libtest_names import name_filter

TARGET = target(Path("/w/a/src/lib.rs"))
PACKAGE = package(Path("/w/a"), TARGET)


@pytest.mark.parametrize(
    ("words", "after", "test", "ignored", "expected"),
    [
        ("", "", "tests::adds", False, True),
        ("", "", "tests::adds", True, False),
        ("add", "", "tests::adds", False, True),
        ("sub", "", "tests::adds", False, False),
        ("sub", "add", "tests::adds", False, True),
        ("adds", "--exact", "tests::adds", False, False),
        ("tests::adds", "--exact --nocapture", "tests::adds", False, True),
        ("", "--skip adds", "tests::adds", False, False),
        ("", "--skip=adds --test-threads=1", "tests::adds", False, False),
        ("", "--skip tests --exact", "tests::adds", False, True),
        ("", "--ignored", "tests::adds", False, False),
        ("", "--ignored", "tests::adds", True, True),
        ("", "--include-ignored", "tests::adds", True, True),
        ("", "--include-ignored", "tests::adds", False, True),
        ("", "--frobnicate", "tests::adds", False, None),
        ("", "--ignored --frobnicate", "tests::adds", False, False),
        ("", "", "", False, True),
        ("add", "", "", False, None),
        ("", "--test-threads 4 -Z unstable-options --format json", "a", False, True),
    ],
)
def test_which_tests_run(
    words: str, after: str, test: str, ignored: bool, expected: bool | None
) -> None:
    chosen = name_filter(words.split(), after.split())
    assert chosen.runs(PACKAGE, TARGET, test, ignored=ignored).selected is expected
