from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.reports.run import Case, TestRun, joined

if TYPE_CHECKING:
    from typing import Never


def failed(output: str = "", message: str = "") -> Case:
    return Case(suite="core", name="tests::a", status="failed", output=output, message=message)


@pytest.mark.parametrize(
    ("output", "location"),
    [
        pytest.param(
            "thread 'tests::a' (123) panicked at src/lib.rs:3:5:\nno",
            ("src/lib.rs", 3, 5),
            id="thread with id",
        ),
        pytest.param(
            "thread 'tests::a' panicked at src/lib.rs:3:5:\nno", ("src/lib.rs", 3, 5), id="older"
        ),
        pytest.param(
            "thread 'main' panicked at 'no', src/lib.rs:3:5", ("src/lib.rs", 3, 5), id="Rust 1.72"
        ),
        pytest.param(
            "thread 'x' (9) panicked at src/a b.rs:30:50:\nno", ("src/a b.rs", 30, 50), id="space"
        ),
        pytest.param(
            "thread 'x' (9) panicked at src/a:b.rs:3:5:\nno", ("src/a:b.rs", 3, 5), id="colon"
        ),
        pytest.param(
            "note: test did not panic as expected at tests/it.rs:7:32",
            ("tests/it.rs", 7, 32),
            id="should_panic",
        ),
        pytest.param("process aborted with signal 6 (SIGABRT)", None, id="no panic"),
        pytest.param("panicked at nothing", None, id="no numbers"),
        pytest.param("", None, id="empty"),
    ],
)
def test_the_place_of_a_panic_is_found_in_output_or_message(
    output: str, location: tuple[str, int, int] | None
) -> None:
    assert failed(output=output).location == location
    assert failed(message=output).location == location


@pytest.mark.parametrize(
    "words",
    ["panicked at ", "panicked at '", "panicked at ', ", "panicked at a:b", "panicked at ':a",
     "did not panic as expected at x", "x.py:"],
)  # fmt: skip
def test_a_text_that_was_made_to_take_time_takes_none(words: str) -> None:
    """With a search that begins anew at every word this does not end."""
    case = failed(output=words * (4_000_000 // len(words)))
    assert case.location is None
    assert case.reason


def test_the_first_panic_with_a_place_counts_also_after_others() -> None:
    text = "panicked at nothing\nit did not panic as expected at all\npanicked at src/a.rs:3:5:\nno"
    assert failed(output=f"{text}\npanicked at src/b.rs:1:1:\n").location == ("src/a.rs", 3, 5)
    assert failed(output=text).reason == "no"


def test_a_place_that_is_known_better_wins() -> None:
    case = Case(
        suite="d",
        name="a",
        status="failed",
        output="panicked at /tmp/x.rs:1:1:",
        place=("src/lib.rs", 9, 1),
    )
    assert case.location == ("src/lib.rs", 9, 1)


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        pytest.param(
            failed(output="noise\nthread 'x' (1) panicked at a.rs:1:1:\nleft == right\n  left: 1"),
            "left == right",
            id="what the panic said",
        ),
        pytest.param(
            failed(output="panicked at a.rs:1:1", message="test timeout"), "test timeout", id="cut"
        ),
        pytest.param(
            failed(message="process aborted with signal 11 (SIGSEGV)"),
            "process aborted with signal 11 (SIGSEGV)",
            id="what the tool said",
        ),
        pytest.param(
            failed(
                output="warning: x\n\x1b[1m\x1b[91merror[E0308]\x1b[0m\x1b[1m: mismatched\x1b[0m"
            ),
            "error[E0308]: mismatched",
            id="what the compiler said",
        ),
        pytest.param(
            failed(output="\n\nTest executable failed."), "Test executable failed.", id="rest"
        ),
        pytest.param(
            failed(output="an error\r\x1b[1merror\x1b[0m: b\u2028error: c"), "error: b", id="first"
        ),
        pytest.param(failed(output="  \x1b[1mno\x1b[0m  \r\nmore"), "no", id="coloured"),
        pytest.param(failed(message="\n \n why\nmore", output="error: b"), "why", id="its message"),
        pytest.param(failed(output=" \n\t"), "no message", id="blanks"),
        pytest.param(failed(), "no message", id="nothing"),
    ],
)
def test_the_reason_is_one_line(case: Case, reason: str) -> None:
    assert case.reason == reason


def test_the_reason_of_a_long_text_is_searched_for_and_not_line_by_line() -> None:
    """Each look of a report at three million lines took seconds, and it takes ten."""

    class Text(str):
        __slots__ = ()

        def splitlines(self, _keepends: bool = False) -> Never:
            raise AssertionError("a text of any length is taken apart")

    assert failed(output=Text("line\n" * 10_000 + "error: no\n" + "line\n" * 10_000)).reason == (
        "error: no"
    )
    assert failed(output=Text("line\n" * 10_000)).reason == "line"
    assert failed(message=Text("line\n" * 10_000)).reason == "line"


def test_a_reason_of_a_whole_book_is_cut() -> None:
    reason = failed(output="panicked at a.rs:1:1:\n" + "x" * 100_000).reason
    assert len(reason) == 300
    assert reason.endswith("…")


def test_the_slowest_are_those_that_ran() -> None:
    cases = tuple(
        Case(suite="s", name=f"t{seconds}", status=status, seconds=seconds)
        for seconds, status in (
            (1.0, "passed"),
            (3.0, "failed"),
            (9.0, "skipped"),
            (2.0, "flaky"),
            (0, "passed"),
        )
    )
    assert [case.seconds for case in TestRun(cases=cases).slowest(2)] == [3.0, 2.0]
    assert [case.seconds for case in TestRun(cases=cases).slowest(9)] == [3.0, 2.0, 1.0]
    assert TestRun(cases=cases).executed == 4


def test_runs_that_followed_one_another_add_up() -> None:
    one = TestRun(cases=(failed(),), seconds=1.5)
    two = TestRun(cases=(failed(), failed()), seconds=0.5)
    total = joined([one, two])
    assert len(total.cases) == 3
    assert total.seconds == 2.0
    assert joined([]) == TestRun(cases=())
