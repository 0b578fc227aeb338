"""Failures of one cause: what is grouped, what is not, and which causes have a name."""

from __future__ import annotations

import pytest

from tasker_ci.reports.causes import causes_of
from tasker_ci.reports.run import Case

REFUSED = 'Os { code: 111, kind: ConnectionRefused, message: "Connection refused" }'


def panic(name: str, message: str, *, place: str = "src/lib.rs:5:53", suite: str = "demo") -> Case:
    """A test as nextest reports it."""
    output = (
        f"thread '{name}' (4711) panicked at {place}:\n{message}\n"
        "stack backtrace:\n   0: __rustc::rust_begin_unwind\n"
    )
    return Case(suite=suite, name=name, status="failed", output=output)


def sizes(*cases: Case) -> list[int]:
    return [len(cause.cases) for cause in causes_of(cases)]


def test_one_place_and_one_message_is_one_cause() -> None:
    cases = [panic(f"query_{number}", f"unwrap: {REFUSED}") for number in range(27)]
    (cause,) = causes_of(cases)
    assert cause.first is cases[0]
    assert cause.by_group == {"demo": [case.name for case in cases]}


def test_an_error_is_one_cause_wherever_it_is_unwrapped_or_returned() -> None:
    unwrapped = f"called `Result::unwrap()` on an `Err` value: {REFUSED}"
    returned = Case(
        suite="demo::api",
        name="c",
        status="failed",
        message=f"Error: {REFUSED}",
        output=f"Error: {REFUSED}",
    )
    assert sizes(
        panic("a", unwrapped),
        panic("b", unwrapped, place="tests/api.rs:9:1", suite="demo::api"),
        returned,
    ) == [3]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("connect to 127.0.0.1:40123 failed", "connect to 127.0.0.1:50999 failed"),
        ("pool timed out after 30.01s", "pool timed out after 29.98s"),
        ("cannot open /tmp/.tmpAb12/x", "cannot open /tmp/.tmpZz99/y"),
        (
            "no tenant 6f1c1d7e-5a3b-4a43-9d9b-0a1b2c3d4e5f",
            "no tenant 00000000-0000-4000-8000-000000000000",
        ),
    ],
)
def test_ports_times_ids_and_temporary_files_are_no_difference(one: str, other: str) -> None:
    assert sizes(panic("a", one), panic("b", other, place="src/b.rs:1:1")) == [2]


@pytest.mark.parametrize(
    "message",
    [
        "assertion `left == right` failed\n  left: 1\n right: 2",
        "assertion failed: answer.is_ok()",
        "explicit panic",
        "called `Option::unwrap()` on a `None` value",
        "not yet implemented",
        "attempt to add with overflow",
    ],
)
def test_the_language_s_own_words_are_one_cause_only_at_one_place(message: str) -> None:
    assert sizes(panic("a", message), panic("b", message, place="src/b.rs:1:1")) == [1, 1]
    assert sizes(panic("a", message), panic("b", message)) == [2]


def test_other_values_at_one_place_are_other_causes() -> None:
    of_one = "assertion `left == right` failed\n  left: 1\n right: 2"
    of_other = "assertion `left == right` failed\n  left: 3\n right: 2"
    assert sizes(panic("a", of_one), panic("b", of_other)) == [1, 1]


def test_other_errors_of_one_kind_stay_apart() -> None:
    assert sizes(
        panic("a", "expected status 200, found 404"), panic("b", "expected status 200, found 500")
    ) == [1, 1]


def test_tests_that_say_nothing_are_not_taken_together() -> None:
    silent = [Case(suite="s", name=f"t{number}", status="failed") for number in range(3)]
    assert sizes(*silent) == [1, 1, 1]


def test_the_largest_cause_comes_first_and_the_order_is_that_of_the_report() -> None:
    cases = [panic("a", "one"), panic("b", "two"), panic("c", "two"), panic("d", "three")]
    assert [cause.first.name for cause in causes_of(cases)] == ["b", "a", "d"]


WORDS = {
    f"called `Result::unwrap()` on an `Err` value: Io({REFUSED}) sqlx": (
        "the database refuses connections"
    ),
    f"connecting to postgres://127.0.0.1:5432: {REFUSED}": "the database refuses connections",
    f"GET http://127.0.0.1:8080/: {REFUSED}": "a connection is refused",
    "called `Result::unwrap()` on an `Err` value: PoolTimedOut": (
        "the database does not answer (its pool timed out)"
    ),
    "pool timed out while waiting for an open connection": (
        "the database does not answer (its pool timed out)"
    ),
    "timed out waiting for connection": "the database does not answer (its pool timed out)",
    "DATABASE_URL must be set": "DATABASE_URL is not set",
    "DATABASE_URL must be set: NotPresent": "DATABASE_URL is not set",
    "`REDIS_URL` is not set": "REDIS_URL is not set",
    "environment variable `API_KEY` not found": "API_KEY is not set",
    "called `Result::unwrap()` on an `Err` value: NotPresent": "an environment variable is not set",
    "error returned from database: FATAL: sorry, too many clients already": (
        "the database has no connection left"
    ),
    'password authentication failed for user "tasker"': "the database refuses the login",
    'database "tasker_test" does not exist': "the database does not exist",
    'relation "tasks" does not exist': "the database has no such table",
    "failed to lookup address information: Name or service not known": (
        "a host name cannot be resolved"
    ),
    "No space left on device (os error 28)": "the disk is full",
    'Os { code: 98, kind: AddrInUse, message: "Address already in use" }': "a port is taken",
    "Too many open files (os error 24)": "too many files are open",
    "assertion `left == right` failed\n  left: 1\n right: 2": None,
    "the account is not settled": None,
    "boom": None,
}


@pytest.mark.parametrize("message", WORDS)
def test_a_known_cause_has_a_word_that_the_tests_themselves_give(message: str) -> None:
    (cause,) = causes_of([panic("a", message)])
    assert cause.word == WORDS[message]


def test_setup_scripts_that_failed_alike_are_no_one_cause() -> None:
    scripts = [
        Case(
            suite=f"@setup-script:{name}",
            name=name,
            status="failed",
            message="script failure",
            output="no",
        )
        for name in ("db", "queue")
    ]
    assert sizes(*scripts) == [1, 1]


def test_a_test_s_own_name_in_its_output_is_no_difference() -> None:
    cases = [
        Case(
            suite="demo",
            name=name,
            status="failed",
            message="exit code 1",
            output=f"{name}: gave up",
        )
        for name in ("first_one", "second")
    ]
    assert sizes(*cases) == [2]
    other = Case(suite="demo", name="x", status="failed", message="exit code 1", output="x: no")
    assert sizes(*cases, other) == [2, 1]


def test_another_backtrace_is_no_other_cause() -> None:
    first = panic("a", "not implemented: later")
    other = Case(
        suite="demo", name="b", status="failed", output=first.output.replace("begin", "other")
    )
    assert sizes(first, other) == [2]


def test_what_stands_before_the_panic_or_on_another_stream_tells_the_cause_too() -> None:
    (cause,) = causes_of([panic("a", "assertion failed: it.is_ok()")])
    assert cause.word is None
    before = Case(
        suite="demo",
        name="a",
        status="failed",
        output=f"Error: PoolTimedOut\n{cause.first.output}",
    )
    (cause,) = causes_of([before])
    assert cause.word == "the database does not answer (its pool timed out)"
    refused = panic("a", f"assertion failed: {REFUSED}")
    assert causes_of([refused])[0].word == "a connection is refused"
    told = Case(
        suite="demo",
        name="a",
        status="failed",
        output=refused.output,
        stderr="connecting to postgres://here",
    )
    assert causes_of([told])[0].word == "the database refuses connections"
