"""Beside tests/integration/test_foreign_selections.py, which compares it with cargo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from foreign_commands import TextsOf, command
from rust_workspaces import package, target, workspace

from tasker_ci.foreign.invocations.invocation import Action, Invocation
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.places import Opaque
from tasker_ci.foreign.selections.reading import Repository, selections_of
from tasker_ci.foreign.selections.selection import Selection
from tasker_ci.rust.conditions import Condition

ROOT = Path("/clone")
LIBRARY = target(ROOT / "a/src/lib.rs", name="a")
GATED = target(ROOT / "a/tests/gated.rs", "test", "gated", required_features=("x",))
SCRIPT = target(ROOT / "b/build.rs", "custom-build", "build-script-build")
A = replace(package(ROOT / "a", LIBRARY, GATED), features={"x": ["y"], "y": []})
B = package(ROOT / "b", target(ROOT / "b/src/lib.rs", name="b"), SCRIPT)
WORKSPACE = workspace(ROOT, A, B)
TEXTS = TextsOf({
    "Cargo.toml": "[workspace]\nresolver = '2'",
    "a/Cargo.toml": "",
    "fuzz/Cargo.toml": "",
})  # fmt: skip


class Scripts:
    def may_set(self, package: object, name: str) -> bool:
        return name == "by_script"


def selected(line: str, folder: str = "", **variables: str) -> tuple[Selection | Opaque, ...]:
    found = invocation_of(command(f"cargo {line}", folder=folder, **variables), TEXTS)
    assert isinstance(found, Invocation)
    repository = Repository(texts=TEXTS, workspaces=(WORKSPACE,), scripts={ROOT: Scripts()})
    return selections_of(found, repository)


def only(line: str, folder: str = "", **variables: str) -> Selection:
    (found,) = selected(line, folder, **variables)
    assert isinstance(found, Selection)
    return found


def test_a_call_within_a_member_and_one_in_another_workspace() -> None:
    assert only("test").packages == {"a", "b"}
    assert only("test", "a/src").packages == {"a"}
    assert selected("test", "fuzz") == ()
    assert selected("test --manifest-path fuzz/Cargo.toml") == ()
    assert isinstance(selected("test --manifest-path $?")[0], Opaque)
    assert selected("fmt --manifest-path $?") == ()
    assert selected("install cross --features x") == ()


@pytest.mark.parametrize(
    ("line", "expected", "why"),
    [
        ("test", False, "it requires the feature x, which is not switched on"),
        ("test --features x", True, ""),
        ("test --all-features", True, ""),
        ("test --features $?", None, "it requires the feature x, which may not be switched on"),
        ("test --lib --features x", False, "`--lib` does not build it as a test"),
        ("test -p b", False, "`-p b` does not name it"),
        ("test -p $?", None, "the value of `--package` is not known"),
        ("test $?", None, "a word of the command is not known"),
        ("fmt", False, "it compiles no tests"),
        ("test --all-packages --features x", None, "`cargo test` has no flag `--all-packages`"),
        ("test --features z", None, "no selected package has the feature `z`"),
        ("test --test nothing", None, "no selected package has the test target `nothing`"),
        (
            "test --test gated",
            None,
            "it names the test gated, but it requires the feature x, which is not switched on",
        ),
    ],
)
def test_whether_a_target_is_built(line: str, expected: bool | None, why: str) -> None:
    verdict = only(line).builds(A, GATED)
    assert (verdict.selected, verdict.why) == (expected, why)


def is_set(name: str, value: str | None = None) -> tuple[Condition, ...]:
    return (Condition("is", name, value),)


@pytest.mark.parametrize(
    ("line", "name", "value", "expected"),
    [
        ("test", "test", None, True),
        ("test", "doctest", None, False),
        ("test", "feature", "y", False),
        ("test --features x", "feature", "y", True),
        ("test --features $?", "feature", "y", None),
        ("test", "unix", None, True),
        ("test", "windows", None, False),
        ("test", "loom", None, False),
        ("test", "by_script", None, False),
    ],
)
def test_whether_what_lies_behind_a_condition_is_compiled(
    line: str, name: str, value: str | None, expected: bool | None
) -> None:
    assert only(line).compiles(A, LIBRARY, is_set(name, value)).selected is expected


def test_names_that_a_build_script_may_set() -> None:
    library = B.targets[0]
    assert only("test").compiles(B, library, is_set("by_script")).selected is None
    assert only("test").compiles(B, library, is_set("loom")).selected is False
    assert only("test", RUSTFLAGS="--cfg loom").compiles(B, library, is_set("loom")).selected


def test_doctests_have_conditions_of_their_own() -> None:
    found = only("test")
    assert found.compiles(A, LIBRARY, is_set("doctest"), doctests=True).selected
    assert found.compiles(A, LIBRARY, is_set("test"), doctests=True).selected is False
    assert only("nextest run").builds(A, LIBRARY, doctests=True).selected is False


def test_whether_a_test_runs() -> None:
    assert only("test").runs(A, LIBRARY, "tests::x", ignored=False).selected
    assert only("test y").runs(A, LIBRARY, "tests::x", ignored=False).selected is False
    assert only("test --no-run").runs(A, LIBRARY, "x", ignored=False).selected is False
    assert only("test -- $?").runs(A, LIBRARY, "x", ignored=False).selected is None


def test_features_of_all_members() -> None:
    assert only("test -p a --features x").features == {"a": {"x", "y"}}
    assert only("test --features $?").features == {"a": None, "b": None}
    assert only("test").action is Action.TEST
