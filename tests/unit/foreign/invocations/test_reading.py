from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from foreign_commands import TextsOf, command

from tasker_ci.foreign.invocations.invocation import Action, Invocation
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.places import Opaque

NOTHING = TextsOf()


def read(text: str, texts: TextsOf = NOTHING, **more: str) -> Invocation:
    found = invocation_of(command(text, **more), texts)
    assert isinstance(found, Invocation), found
    return found


@pytest.mark.parametrize(
    ("text", "subcommand", "action"),
    [
        ("cargo +nightly test", "test", Action.TEST),
        ("cargo --locked test", "test", Action.TEST),
        ("cargo --color always --config net.offline=true test", "test", Action.TEST),
        ("cargo-nextest nextest run", "nextest run", Action.TEST),
        ("cargo-nextest ntr", "nextest ntr", Action.OTHER),
        ("cargo --version", "", Action.OTHER),
    ],
)
def test_what_stands_before_the_subcommand(text: str, subcommand: str, action: Action) -> None:
    found = read(text)
    assert (" ".join(found.subcommand), found.action) == (subcommand, action)


@pytest.mark.parametrize(
    "text",
    [
        "sudo -E env A=b cargo test --lib",
        "sudo -u me A=b cargo test --lib",
        "env -u B A=b cargo test --lib",
        "env -i A=b PATH=/bin cargo test --lib",
        "time env A=b cargo test --lib",
        "timeout -k 5 --signal=INT 5m env A=b cargo test --lib",
        "nice -n 10 env A=b cargo test --lib",
        "xvfb-run -a --server-args='-screen 0' env A=b cargo test --lib",
        "dbus-run-session -- env A=b cargo test --lib",
        "retry -t 3 -- env A=b cargo test --lib",
        "stdbuf -oL env A=b cargo test --lib",
        "nix develop .#ci -c env A=b cargo test --lib",
        "nix develop --command env A=b cargo test --lib",
        "unbuffer env A=b cargo test --lib",
        "script -e -q -c 'env A=b cargo test --lib' /dev/null",
        "mold -run env A=b cargo test --lib",
        "uv run --python 3.12 env A=b cargo test --lib",
        "env A=b cross test --lib",
        "env A=b /root/.cargo/bin/cargo test --lib",
        "env A=b cargo.exe test --lib",
    ],
)
def test_what_wraps_it_is_taken_off(text: str) -> None:
    found = read(text)
    assert (found.subcommand, dict(found.flags)) == (("test",), {"--lib": ()})
    assert found.environment["A"] == "b"


@pytest.mark.parametrize(
    "text",
    [
        *("make test", "echo cargo test", "sudo apt-get install cargo", "timeout 5 make cargo"),
        *("nix build", "env", "rustup toolchain install stable", "mise install", "uv sync"),
        *("command -v cargo", "$? build publish", "$? apt-get install", "/bin/$?"),
        *("poetry install", "nix develop", "timeout $? make", "script -c 'make cargo' x"),
    ],
)
def test_another_program_is_no_call(text: str) -> None:
    assert invocation_of(command(text), NOTHING) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("$? test", "starts a program that is not known"),
        ("env $? cargo test", "starts a program that is not known"),
        ("cargo $?", "the subcommand of cargo is not known"),
        ("cargo frobnicate", "`cargo frobnicate` is a program that is not known here"),
        ("cargo nextest $?", "the subcommand of nextest is not known"),
        ("cargo mutants", "chooses the tests"),
        ("cargo hack $?", "the subcommand of `cargo hack` is not known"),
    ],
)
def test_what_cannot_be_read_is_opaque(text: str, why: str) -> None:
    found = invocation_of(command(text), NOTHING)
    assert isinstance(found, Opaque)
    assert why in found.why


def test_flags_have_their_long_names_and_all_values() -> None:
    found = read("cargo test -pa -p=b --package c --package=d -F x,y --all -rvv -j4 N -- --exact")
    assert dict(found.flags) == {
        "--package": ("a", "b", "c", "d"),
        "--features": ("x,y",),
        "--workspace": (),
        "--release": (),
        "--verbose": (),
        "--jobs": ("4",),
    }
    assert (found.words, found.after_dashes) == (("N",), ("--exact",))


def test_a_flag_that_cargo_refuses_is_named() -> None:
    assert read("cargo test --doc --all-packages").unknown_flags == ("--all-packages",)
    assert read("cargo tarpaulin --frobnicate").unknown_flags == ()


def test_values_that_are_not_known_are_named() -> None:
    found = read("cargo test --features $? -p a --jobs $?")
    assert found.unknown_values == {"--features", "--jobs"}
    assert not found.opaque
    whole = read("cargo test $? -p a")
    assert [str(each) for each in whole.opaque] == [
        ".github/workflows/ci.yml:7: a word of the command is not known"
    ]


@pytest.mark.parametrize(
    ("written", "unread"),
    [
        ('"${self_obs_test}" -- --exact', False),
        ('"$TEST_FILTER"', False),
        ("$TEST_FILTER", True),
        ('"$1"', True),
        ('"$FLAGS"', True),
        ('"$TEST_ARGS"', True),
    ],
)
def test_a_word_in_quotes_may_name_a_test_alone(written: str, unread: bool) -> None:
    whole = command("cargo test --lib $?")
    found = invocation_of(replace(whole, text=f"cargo test --lib {written}"), NOTHING)
    assert isinstance(found, Invocation)
    assert bool(found.opaque) is unread


def test_a_program_in_a_folder_that_the_job_makes_has_nothing_to_test() -> None:
    texts = TextsOf({"app/Cargo.toml": ""})
    for folder, unread in (("myapp", False), ("app", True), ("", True)):
        found = invocation_of(command("cargo loco new", folder=folder), texts)
        assert isinstance(found, Opaque) is unread


def test_the_toolchain_of_a_call() -> None:
    assert read("cargo +nightly-2026-01-01 test").toolchain == "nightly-2026-01-01"
    assert read("rustup run --install 1.80 cargo test").toolchain == "1.80"
    assert read("cargo test").toolchain is None
    assert "+" in read("cargo $? test").unknown_values


@pytest.mark.parametrize(
    ("text", "folder", "manifest"),
    [
        ("cargo test", "", ""),
        ("cargo test", "a", "a"),
        ("cargo test --manifest-path ../b/Cargo.toml", "a", "b"),
        ("cargo test --manifest-path ./b/Cargo.toml", "a", "a/b"),
        ("cargo -C b test", "a", "a/b"),
        ("env -C b cargo test", "a", "a/b"),
        ("cargo test --manifest-path /clone/b/Cargo.toml", "a", "b"),
        ("cargo test --manifest-path /elsewhere/Cargo.toml", "", None),
        ("cargo test --manifest-path ../Cargo.toml", "", None),
        ("cargo test --manifest-path $?", "", None),
    ],
)
def test_the_manifest_of_a_call(text: str, folder: str, manifest: str | None) -> None:
    expected = None if manifest is None else PurePosixPath(manifest)
    assert read(text, folder=folder).manifest_folder == expected


def test_aliases_of_the_repository() -> None:
    texts = TextsOf({
        ".cargo/config.toml": '[alias]\nci = ["test", "--workspace"]\nxtask = "run -p xtask --"\n'
        'round = "round"\nt = "test --lib"\ntest = "fmt"\n',
        "a/.cargo/config": '[alias]\nci = "test --lib"\n',
    })  # fmt: skip
    assert dict(read("cargo ci --doc", texts).flags) == {"--workspace": (), "--doc": ()}
    assert dict(read("cargo ci", texts, folder="a/b").flags) == {"--lib": ()}
    assert read("cargo xtask ci", texts).after_dashes == ("ci",)
    assert dict(read("cargo t", texts).flags) == {"--lib": ()}
    assert read("cargo t").action is read("cargo test", texts).action is Action.TEST
    assert read("cargo mine", CARGO_ALIAS_MINE="test --lib").action is Action.TEST
    assert isinstance(invocation_of(command("cargo round"), texts), Opaque)


def test_what_a_program_of_the_workspace_is_given() -> None:
    assert read("cargo run --bin x a -- --b").after_dashes == ("a", "--", "--b")
