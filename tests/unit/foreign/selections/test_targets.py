from __future__ import annotations

from pathlib import Path

import pytest
from foreign_commands import TextsOf, command
from rust_workspaces import target

from tasker_ci.foreign.invocations.invocation import Invocation
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.selections.targets import ChosenTargets, chosen_targets

SOURCE = Path("/w/x.rs")
TARGETS = {
    "lib": target(SOURCE, "lib", "a"),
    "macro": target(SOURCE, "proc-macro", "m"),
    "untested": target(SOURCE, "lib", "u", tested=False),
    "bin": target(SOURCE, "bin", "tool"),
    "test": target(SOURCE, "test", "api"),
    "off": target(SOURCE, "test", "off", tested=False),
    "example": target(SOURCE, "example", "e"),
    "bench": target(SOURCE, "bench", "b"),
    "build": target(SOURCE, "custom-build", "build-script-build"),
}


def chosen(line: str) -> ChosenTargets:
    found = invocation_of(command(f"cargo {line}"), TextsOf())
    assert isinstance(found, Invocation)
    return chosen_targets(found)


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("test", "lib macro bin test"),
        ("nextest run", "lib macro bin test"),
        ("test --lib", "lib macro untested"),
        ("test --bins", "bin"),
        ("test --tests", "lib macro bin test"),
        ("test --test off", "off"),
        ("test --test a*", "test"),
        ("test --examples", "example"),
        ("test --benches", "lib macro untested bin bench"),
        ("test --all-targets", "lib macro untested bin test example bench"),
        ("test --doc", ""),
        ("nextest run --doc", ""),
        ("llvm-cov", "lib macro bin test"),
        ("llvm-cov nextest --lib", "lib macro untested"),
        ("miri test --lib", "lib macro untested"),
        ("hack test --lib", "lib macro untested"),
        ("build", ""),
        ("check --tests", "lib macro bin test"),
        ("check --lib", ""),
        ("clippy --all-targets", "lib macro untested bin test bench"),
        ("build --test off", "off"),
        ("bench", "lib macro untested bin bench"),
        ("test --lib --test $?", "lib macro untested test? off?"),
    ],
)
def test_which_targets_are_built_as_tests(line: str, taken: str) -> None:
    found = chosen(line)
    mark = {True: "", None: "?"}
    names = [
        f"{name}{mark[takes]}"
        for name, each in TARGETS.items()
        if (takes := found.takes(each)) is not False
    ]
    assert " ".join(names) == taken


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("test", True),
        ("test --doc", True),
        ("test NAME", True),
        ("test --lib", False),
        ("test --all-targets", False),
        ("test --no-run", False),
        ("nextest run", False),
        ("llvm-cov", False),
        ("llvm-cov --doctests", True),
        ("llvm-cov nextest", False),
        ("miri test", True),
        ("careful test --doc", True),
        ("hack test --each-feature", True),
        ("insta test", True),
        ("insta test --test-runner nextest", None),
        ("tarpaulin", False),
        ("tarpaulin --run-types Doctests", True),
        ("build", False),
        ("doc", False),
    ],
)
def test_which_calls_run_doctests(line: str, expected: bool | None) -> None:
    assert chosen(line).doctests is expected


def test_the_flags_for_a_person() -> None:
    assert chosen("test --lib --test api --bins").text == "--lib --bins --test api"
