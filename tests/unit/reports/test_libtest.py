"""Recorded with `cargo test --tests --no-fail-fast` and `cargo test --doc --workspace`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasker_ci.reports.libtest import LibtestReader, read_list
from tasker_ci.reports.libtest_harness import UNNAMED

if TYPE_CHECKING:
    from tasker_ci.reports.run import TestRun

RESOURCES = Path(__file__).parents[2] / "resources" / "reports"


def recorded(name: str) -> str:
    return (RESOURCES / name).read_text(encoding="utf-8")


def read_libtest(text: str, suite: str) -> TestRun:
    """Read the whole standard output of a `cargo test` that runs any number of binaries."""
    reader = LibtestReader(suite)
    reader.feed(text)
    return reader.run()


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


INNER = """\

running 2 tests
test inner::a ... ok
test inner::b ... FAILED

failures:

---- inner::b stdout ----
not mine

failures:
    inner::b

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 9.00s
"""
OUTER = f"""\

running 2 tests
test runs_a_harness ... {INNER}FAILED
test own ... ok

failures:

---- runs_a_harness stdout ----
{INNER}
thread 'runs_a_harness' (1) panicked at tests/it.rs:7:5:
mine

failures:
    runs_a_harness

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.50s
"""


def single(text: str, *, lines: int = 1000) -> LibtestReader:
    """One binary's output, in blocks of so many lines."""
    reader = LibtestReader("it", single=True)
    every = text.rstrip("\n").split("\n")
    for at in range(0, len(every), lines):
        reader.feed("\n".join(every[at : at + lines]))
    return reader


@pytest.mark.parametrize("lines", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_binary_s_own_tests_are_told_from_those_of_a_harness_in_a_test(
    lines: int, end: str
) -> None:
    reader = single(OUTER.replace("\n", end), lines=lines)
    assert (reader.found, reader.ended, reader.unclear, reader.announced) == (True, True, True, 2)
    run = reader.run(("own", "runs_a_harness"))
    assert {case.name: case.status for case in run.cases} == {
        "own": "passed",
        "runs_a_harness": "failed",
    }
    [failed] = run.having("failed")
    assert failed.reason == "mine"
    assert "not mine" in failed.output, "it printed that, too"
    assert run.seconds == pytest.approx(0.5)


def test_without_the_list_the_failures_are_right_all_the_same() -> None:
    run = single(OUTER).run()
    assert [case.name for case in run.having("failed")] == ["runs_a_harness"]
    assert len(run.cases) == 2


@pytest.mark.parametrize("cut", ["test own ... ok", "running 2 tests"])
def test_a_binary_that_ended_early_has_no_total(cut: str) -> None:
    reader = single(OUTER[: OUTER.index(cut) + len(cut)])
    assert reader.doubtful or not reader.ended
    assert reader.answered(("own", "runs_a_harness")) <= 2


def test_the_last_total_may_be_another_harness_s() -> None:
    head = "\nrunning 2 tests\ntest own ... ok\n"
    reader = single(head + INNER)
    assert (reader.ended, reader.doubtful) == (True, True)
    assert reader.answered(("own", "runs_a_harness")) == 1


def test_a_lot_of_output_is_kept_at_both_ends_alone() -> None:
    head = "\nrunning 1 test\ntest loud ... FAILED\n\nfailures:\n\n---- loud stdout ----\nfirst\n"
    end = (
        "thread 'loud' (1) panicked at src/lib.rs:1:1:\nlast\n\nfailures:\n    loud\n\n"
        "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; "
        "finished in 0.10s\n"
    )
    [case] = single(head + "x\n" * 3_000_000 + end).run().cases
    assert case.output.startswith("first\n")
    assert case.output.endswith("\nlast")
    assert len(case.output) < 1 << 20
    assert case.reason == "last"


def test_the_list_of_a_binary() -> None:
    text = "a::b: test\nc: benchmark\nrunning something: test of mine\n\n2 tests, 1 benchmark\n"
    assert read_list(text) == ("a::b", "c")


def test_tests_whose_output_hides_their_results_are_passed_by_the_total() -> None:
    text = """
running 3 tests
test loud ... what I say
test louder ... what I say
test quiet ... ok

test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
"""
    reader = single(text)
    assert reader.unclear
    run = reader.run(("loud", "louder", "quiet"))
    assert sorted((case.name, case.status) for case in run.cases) == [
        ("loud", "passed"),
        ("louder", "passed"),
        ("quiet", "passed"),
    ]


def test_a_failure_whose_line_its_output_hides_is_known_by_its_details() -> None:
    text = """
running 1 test
test loud ... what I say
FAILED

failures:

---- loud stdout ----
what I say

failures:
    loud

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.25s
"""
    run = read_libtest(text, "plain")
    assert run.seconds == pytest.approx(0.25), "the total is the harness's own"
    assert [case.status for case in run.cases] == ["failed"]


def test_the_last_test_that_began_is_none_that_has_told_its_result() -> None:
    begun = "\nrunning 3 tests\ntest loud ... what I say\n"
    assert single(begun).last_begun == "loud"
    assert single(f"{begun}test loud ... ok\n").last_begun is None


def test_of_many_outputs_little_is_kept_of_each() -> None:
    names = [f"t{number:03}" for number in range(80)]
    noise = "x" * 99 + "\n"
    details = "".join(f"---- {name} stdout ----\n{noise * 500}\n" for name in names)
    text = (
        "\nrunning 80 tests\n"
        + "".join(f"test {name} ... FAILED\n" for name in names)
        + f"\nfailures:\n\n{details}\nfailures:\n"
        + "".join(f"    {name}\n" for name in names)
        + "\ntest result: FAILED. 0 passed; 80 failed; 0 ignored; 0 measured; 0 filtered out; "
        "finished in 0.25s\n"
    )
    sizes = {case.name: len(case.output) for case in single(text).run().having("failed")}
    assert len(sizes) == 80
    assert sizes["t000"] > 49_000
    assert 4_000 < sizes["t079"] < 20_000
