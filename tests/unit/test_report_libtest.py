"""Recorded with `cargo test --tests --no-fail-fast` and `cargo test --doc --workspace`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasker_ci.report.libtest import UNNAMED, read_libtest

RESOURCES = Path(__file__).parents[1] / "resources" / "reports"


def recorded(name: str) -> str:
    return (RESOURCES / name).read_text(encoding="utf-8")


def test_every_test_of_every_binary_is_read() -> None:
    run = read_libtest(recorded("libtest.txt"), "plain")
    assert [(case.name, case.status) for case in run.cases] == [
        ("tests::ignored", "skipped"),
        ("tests::lies", "failed"),
        ("tests::panics", "passed"),
        ("tests::panics_not", "failed"),
        ("tests::passes", "passed"),
        ("tests::same", "passed"),
        ("empty", "passed"),
        ("same", "failed"),
    ]
    assert {case.suite for case in run.cases} == {"plain"}


def test_a_test_that_prints_what_the_harness_prints_deceives_nobody() -> None:
    run = read_libtest(recorded("libtest.txt"), "plain")
    lies = next(case for case in run.cases if case.name == "tests::lies")
    assert lies.location == ("src/lib.rs", 10, 9)
    assert lies.reason == "what I printed is not mine"
    assert run.seconds < 1, "the 9.00 s were the test's own words"


def test_tests_of_one_name_in_two_binaries_keep_their_own_output() -> None:
    text = """
running 1 test
test same ... FAILED

failures:

---- same stdout ----

thread 'same' (1) panicked at src/lib.rs:1:1:
first

failures:
    same

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s


running 1 test
test same ... FAILED

failures:

---- same stdout ----

thread 'same' (2) panicked at tests/it.rs:2:2:
second

failures:
    same

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s
"""
    run = read_libtest(text, "plain")
    assert [case.reason for case in run.cases] == ["first", "second"]
    assert run.seconds == pytest.approx(0.3)


def test_doctests_are_known_by_their_real_names_and_places() -> None:
    run = read_libtest(recorded("doctests.txt"), "doctests")
    assert [(case.name, case.status) for case in run.cases if case.suite == "doctests"] == [
        ("crates/a/src/lib.rs - f (line 4)", "failed"),
        ("crates/a/src/lib.rs - (line 1)", "failed"),
        ("crates/a/src/lib.rs - g (line 13)", "failed"),
        ("crates/a/src/lib.rs - g (line 8)", "failed"),
        ("src/lib.rs - add (line 10)", "passed"),
        ("src/lib.rs - add (line 16)", "skipped"),
        ("src/lib.rs - add (line 1)", "passed"),
        ("src/lib.rs - add (line 4)", "failed"),
        ("src/lib.rs - add (line 7)", "passed"),
        ("src/lib.rs - add (line 13)", "passed"),
    ]
    assert {case.location: case.reason for case in run.having("failed")} == {
        ("crates/a/src/lib.rs", 1, 1): "assertion `left == right` failed",
        ("crates/a/src/lib.rs", 4, 1): "error[E0308]: mismatched types",
        ("crates/a/src/lib.rs", 8, 1): 'called `Result::unwrap()` on an `Err` value: "x"',
        ("crates/a/src/lib.rs", 13, 1): "Test executable failed (signal: 6 (SIGABRT)).",
        ("src/lib.rs", 4, 1): "assertion `left == right` failed: a | b",
    }


def test_no_count_is_lost_when_a_test_writes_into_its_own_line() -> None:
    text = """
running 3 tests
test loud ... what I say
ok
test quiet ... ok
test worse ... my words FAILED

test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
"""
    run = read_libtest(text, "plain")
    assert sorted((case.name, case.status) for case in run.cases) == [
        (UNNAMED, "failed"),
        (UNNAMED, "passed"),
        ("quiet", "passed"),
    ]


def test_a_binary_that_died_keeps_what_it_had_said() -> None:
    text = """
running 2 tests
test a ... ok

running 1 test
test b ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
"""
    assert [case.name for case in read_libtest(text, "plain").cases] == ["a", "b"]


@pytest.mark.parametrize("text", ["", "hello there\nall good\n", "test result: ok."])
def test_what_no_harness_printed_has_no_cases(text: str) -> None:
    assert read_libtest(text, "plain").cases == ()
