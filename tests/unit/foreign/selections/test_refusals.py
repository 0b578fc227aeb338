"""Beside tests/integration/test_foreign_selections.py, which compares it with cargo."""

from __future__ import annotations

from pathlib import Path

import pytest
from foreign_commands import TextsOf, command
from rust_workspaces import package, target, workspace

from tasker_ci.foreign.invocations.invocation import Invocation
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.selections.reading import Repository, selections_of
from tasker_ci.foreign.selections.refusals import refusal_of
from tasker_ci.foreign.selections.selection import Selection

ROOT = Path("/clone")
GATED = target(ROOT / "a/tests/gated.rs", "test", "gated", required_features=("x",))
WORKSPACE = workspace(ROOT, package(ROOT / "a", GATED))
TEXTS = TextsOf({"Cargo.toml": ""})


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("test", ""),
        ("test --tests", ""),
        ("test --all-packages", "`cargo test` has no flag `--all-packages`"),
        ("test --doc --bins", "`--doc` does not go together with other flags for targets"),
        ("test -p b", "no package of the workspace is named `b`"),
        ("test --workspace --exclude b", ""),
        ("test --features y", "no selected package has the feature `y`"),
        ("test --test x*", "no selected package has the test target `x*`"),
        ("test --test $?", ""),
        ("test --lib", "no selected package has a library"),
        (
            "test --test '*'",
            "it names the test gated, but it requires the feature x, which is not switched on",
        ),
    ],
)
def test_what_cargo_would_say(line: str, why: str) -> None:
    found = invocation_of(command(f"cargo {line}"), TEXTS)
    assert isinstance(found, Invocation)
    (selection,) = selections_of(found, Repository(texts=TEXTS, workspaces=(WORKSPACE,)))
    assert isinstance(selection, Selection)
    assert refusal_of(selection) == selection.refusal == why
