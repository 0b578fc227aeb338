from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from foreign_commands import TextsOf, command
from rust_workspaces import package

from tasker_ci.foreign.invocations.invocation import Invocation
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.selections.hack_features import hack_requests

FEATURES = {"default": ["a"], "a": [], "b": ["a"], "c": [], "opt": ["dep:opt"]}
PACKAGE = replace(package(Path("/w/p")), features=FEATURES)
OWN = ("a", "b", "c", "default")


def sets(line: str, features: dict[str, list[str]] | None = None) -> list[str] | None:
    """Each call's features; ``+`` for all of them, ``*`` before those beside the default ones."""
    found = invocation_of(command(f"cargo hack test {line}"), TextsOf())
    assert isinstance(found, Invocation)
    one = PACKAGE if features is None else replace(PACKAGE, features=features)
    own = OWN if features is None else tuple(features)
    requests = hack_requests(found, one, own)
    if requests is None:
        return None
    return [
        ("*" if each.default else "") + ("+" if each.everything else "") + ",".join(each.names)
        for each in requests
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", ["*"]),
        ("--features a,c", ["*a,c"]),
        ("--features a,z --ignore-unknown-features", ["*a"]),
        ("--all-features", ["*+"]),
        ("--no-default-features", [""]),
        ("--each-feature", ["*+", "", "a", "b", "c", "default"]),
        ("--each-feature --skip b,default", ["", "a", "c"]),
        ("--each-feature --exclude-all-features", ["", "a", "b", "c", "default"]),
        ("--each-feature --exclude-no-default-features", ["*+", "a", "b", "c", "default"]),
        ("--each-feature --optional-deps", ["*+", "", "a", "b", "c", "default", "opt"]),
        ("--each-feature --include-features a,b", ["a", "b"]),
        ("--each-feature --features c --skip a,b,default", ["c"]),
        ("--each-feature --features c", ["*+c", "c", "c,a", "c,b", "c,default"]),
        ("--feature-powerset --depth 1", ["*+", "", "a", "b", "c", "default"]),
        ("--feature-powerset --skip default", ["", "a", "b", "c", "a,c", "b,c"]),
        (
            "--feature-powerset --skip default --mutually-exclusive-features b,c",
            ["", "a", "b", "c", "a,c"],
        ),
        ("--feature-powerset --group-features a,b --skip default", ["", "c", "a,b", "c,a,b"]),
        ("--feature-powerset --at-least-one-of b,c --skip a,default", ["b", "c", "b,c"]),
        ("--feature-powerset --optional-deps --skip a,b,c,default", ["", "opt"]),
        ("--feature-powerset --optional-deps --include-features a", ["a"]),
        ("--each-feature --partition 1/2", None),
        ("--each-feature --skip $?", None),
    ],
)
def test_one_call_for_each_set_of_features(line: str, expected: list[str] | None) -> None:
    assert sets(line) == expected


def test_a_package_with_few_features_or_none() -> None:
    assert sets("--each-feature", {}) == ["*"]
    assert sets("--each-feature", {"a": []}) == ["", "a"]


def test_too_many_sets_are_not_followed() -> None:
    many = {f"f{number}": [] for number in range(30)}
    assert sets("--feature-powerset", many) is None
    assert len(sets("--feature-powerset --depth 1", many) or ()) == 31
