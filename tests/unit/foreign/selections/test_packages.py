from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from foreign_commands import TextsOf, command
from rust_workspaces import package, workspace

from tasker_ci.foreign.invocations.invocation import Invocation
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.selections.packages import ChosenPackages, chosen_packages, matches

ROOT = Path("/w")
WORKSPACE = replace(
    workspace(ROOT, package(ROOT / "core"), package(ROOT / "core-api"), package(ROOT / "app")),
    default_members=("app",),
)


def chosen(line: str, folder: str = "") -> ChosenPackages:
    found = invocation_of(command(f"cargo test {line}"), TextsOf())
    assert isinstance(found, Invocation)
    return chosen_packages(found, WORKSPACE, ROOT / folder)


@pytest.mark.parametrize(
    ("line", "folder", "names"),
    [
        ("", "", {"app"}),
        ("", "core", {"core"}),
        ("--workspace", "core", {"core", "core-api", "app"}),
        ("--all --exclude core*", "", {"app"}),
        ("--all -p core", "", {"core", "core-api", "app"}),
        ("-p core", "", {"core"}),
        ("-p core* -p app@0.1.0", "", {"core", "core-api", "app"}),
        ("-p core@2", "", set()),
        ("-p nobody", "", set()),
        ("-p $?", "", None),
        ("--workspace --exclude $?", "", None),
        ("", "elsewhere", None),
    ],
)
def test_which_members_a_call_takes(line: str, folder: str, names: set[str] | None) -> None:
    assert chosen(line, folder).names == names


def test_why_another_member_is_none_of_them() -> None:
    assert chosen("").why_not == "`default-members` lacks it, and `--workspace` is not given"
    assert chosen("-p core -p nobody").why_not == "`-p core -p nobody` does not name it"
    assert chosen("-p core -p nobody").unmatched == ("nobody",)
    assert chosen("--workspace --exclude core").why_not == "`--exclude` names it"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("core", True),
        ("core:0.1.0", True),
        ("core@0.1", True),
        ("core@0.2", False),
        ("c?re", True),
        ("file:///w/core", True),
        ("file:///w/core/#core@0.1.0", True),
        ("path+file:///w/core#0.1.0", True),
        ("path+file:///w/core#0.2.0", False),
        ("file:///w/app", False),
        ("", False),
    ],
)
def test_specifications_of_a_package(text: str, expected: bool) -> None:
    assert matches(text, WORKSPACE.packages[0]) is expected
