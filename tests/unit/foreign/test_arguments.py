from __future__ import annotations

import shlex

import pytest

from tasker_ci.foreign.arguments import CargoCall, cargo_call


def call(line: str) -> CargoCall:
    return cargo_call(shlex.split(line))


def test_a_call_is_taken_apart() -> None:
    found = call("+nightly --color always test -p one name --all -- --nocapture --skip x")
    assert found.toolchain == "nightly"
    assert found.command == "test"
    assert found.flags == (("--color", "always"), ("--package", "one"), ("--workspace", ""))
    assert found.words == ("name",)
    assert found.trailing == ("--nocapture", "--skip", "x")


@pytest.mark.parametrize(
    "line", ["test -p one", "test -pone", "test -p=one", "test --package one", "test --package=one"]
)
def test_every_way_to_write_a_value_is_the_same(line: str) -> None:
    assert call(line).values("--package") == ["one"]
    assert call(line).words == ()


@pytest.mark.parametrize("line", ["build -v", "build -vv", "build --verbose"])
def test_a_flag_without_a_value_takes_no_word(line: str) -> None:
    found = call(f"{line} word")
    assert found.has("--verbose")
    assert found.words == ("word",)


def test_what_is_not_there_is_empty() -> None:
    assert call("") == CargoCall(command="", flags=(), words=(), trailing=None)
    assert call("test --").trailing == ()
    assert call("test").trailing is None
    assert call("test --features").values("--features") == [""]
    assert call("test -").words == ("-",)


def test_a_value_may_look_like_a_flag_or_have_an_equals_sign() -> None:
    assert call("test --config a.b=1").values("--config") == ["a.b=1"]
    assert call("test --config=a.b=1").values("--config") == ["a.b=1"]
    assert call("test -E 'not test(=a)'").values("--filterset") == ["not test(=a)"]
