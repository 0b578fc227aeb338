from __future__ import annotations

import pytest

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.invocations.subcommands import Call, call_of


def call(text: str) -> Call:
    name, *rest = text.split()
    found = call_of(name, tuple(rest))
    assert isinstance(found, Call), found
    return found


@pytest.mark.parametrize(
    ("text", "subcommand", "action"),
    [
        ("test", "test", Action.TEST),
        ("t", "test", Action.TEST),
        ("test --no-run", "test", Action.COMPILE_TESTS),
        ("test -- --list", "test", Action.COMPILE_TESTS),
        ("test --help", "test", Action.OTHER),
        ("nextest run", "nextest run", Action.TEST),
        ("nextest r", "nextest run", Action.TEST),
        ("nextest --manifest-path a/Cargo.toml run", "nextest run", Action.TEST),
        ("nextest run --no-run", "nextest run", Action.COMPILE_TESTS),
        ("nextest list", "nextest list", Action.COMPILE_TESTS),
        ("nextest archive --archive-file a.tar.zst", "nextest archive", Action.COMPILE_TESTS),
        ("nextest show-config test-groups", "nextest show-config", Action.OTHER),
        ("llvm-cov", "llvm-cov", Action.TEST),
        ("llvm-cov --workspace --lcov --output-path lcov.info", "llvm-cov", Action.TEST),
        ("llvm-cov test --all-features", "llvm-cov test", Action.TEST),
        ("llvm-cov --no-report nextest --workspace", "llvm-cov nextest", Action.TEST),
        ("llvm-cov nextest --profile ci -P ci", "llvm-cov nextest", Action.TEST),
        ("llvm-cov report --lcov", "llvm-cov report", Action.OTHER),
        ("llvm-cov show-env --export-prefix", "llvm-cov show-env", Action.OTHER),
        ("llvm-cov clean --workspace", "llvm-cov clean", Action.OTHER),
        ("llvm-cov --no-run --html", "llvm-cov", Action.OTHER),
        ("llvm-cov run --bin x", "llvm-cov run", Action.RUN),
        ("hack test --each-feature", "hack test", Action.TEST),
        ("hack --feature-powerset --depth 2 check", "hack check", Action.CHECK),
        ("hack nextest run --workspace", "hack nextest run", Action.TEST),
        ("miri test", "miri test", Action.TEST),
        ("miri setup", "miri", Action.OTHER),
        ("miri nextest run", "miri nextest run", Action.TEST),
        ("careful test", "careful test", Action.TEST),
        ("insta test --unreferenced reject", "insta test", Action.TEST),
        ("tarpaulin --out xml", "tarpaulin", Action.TEST),
        ("check", "check", Action.CHECK),
        ("check --all-targets", "check", Action.COMPILE_TESTS),
        ("check --profile test", "check", Action.COMPILE_TESTS),
        ("build --tests", "build", Action.COMPILE_TESTS),
        ("b -r", "build", Action.BUILD),
        ("clippy --all-targets -- -D warnings", "clippy", Action.LINT),
        ("doc --no-deps", "doc", Action.DOC),
        ("bench", "bench", Action.BENCH),
        ("bench --no-run", "bench", Action.BUILD),
        ("codspeed build -p a", "codspeed", Action.BENCH),
        ("run -p xtask -- test --all", "run", Action.RUN),
        ("publish --token x", "publish", Action.PUBLISH),
        ("fmt --all -- --check", "fmt", Action.FORMAT),
        ("deny check", "deny", Action.OTHER),
        ("install --locked cargo-nextest --vers 1", "install", Action.BUILD),
        ("frobnicate --version", "frobnicate", Action.OTHER),
        ("mutants --help", "mutants", Action.OTHER),
        ("clippy --version", "clippy", Action.OTHER),
        ("clippy -- --version", "clippy", Action.OTHER),
        ("autoinherit", "autoinherit", Action.OTHER),
    ],
)
def test_what_a_call_does(text: str, subcommand: str, action: Action) -> None:
    found = call(text)
    assert (" ".join(found.subcommand), found.action) == (subcommand, action)
    assert not found.checked or not found.arguments.unknown_flags


def test_flags_of_hack_are_found_on_both_sides_of_the_subcommand() -> None:
    found = call("hack --workspace --exclude a test --each-feature -p b --skip x,y -- --ignored")
    assert dict(found.arguments.flags) == {
        "--workspace": (),
        "--exclude": ("a",),
        "--each-feature": (),
        "--package": ("b",),
        "--exclude-features": ("x,y",),
    }
    assert found.arguments.after_dashes == ("--ignored",)


def test_flags_of_llvm_cov_are_found_on_both_sides_of_the_subcommand() -> None:
    found = call("llvm-cov --lcov --output-path a nextest --workspace --run-ignored all x")
    assert dict(found.arguments.flags) == {
        "--lcov": (),
        "--output-path": ("a",),
        "--workspace": (),
        "--run-ignored": ("all",),
    }
    assert found.arguments.words == ("x",)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (
            "binstall sqlx-cli --no-default-features --features rustls -y",
            ("--no-default-features",),
        ),
        ("binstall cargo-nextest -y --some-new-flag", ()),
        ("install sqlx-cli --no-default-features --features rustls", ()),
        ("sort --no-default-features", ()),
    ],
)
def test_flags_of_cargo_that_another_program_refuses(text: str, refused: tuple[str, ...]) -> None:
    found = call(text)
    assert (found.arguments.unknown_flags if found.checked else ()) == refused
