"""`resources/reports/nextest.xml` is what cargo-nextest 0.9.148 wrote for a package with a flaky
test, an ignored one, a crash, a timeout, a leak, a setup script and a test that prints U+FFFE."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasker_ci.errors import ReportError
from tasker_ci.reports import documents
from tasker_ci.reports.junit import read_junit, write_junit
from tasker_ci.reports.run import Case, TestRun

RECORDED = Path(__file__).parents[2] / "resources" / "reports" / "nextest.xml"


def test_every_kind_of_end_is_told_apart() -> None:
    run = read_junit(RECORDED)
    assert {case.name: case.status for case in run.cases} == {
        "tests::aborts": "failed",
        "tests::exits": "failed",
        "tests::fails": "failed",
        "tests::flaky": "flaky",
        "tests::hangs": "failed",
        "tests::ignored": "skipped",
        "tests::leaks": "passed",
        "tests::panics": "passed",
        "tests::panics_not": "failed",
        "tests::passes": "passed",
        "tests::returns_err": "failed",
        "tests::segv": "failed",
        "tests::unprintable": "failed",
    }


def test_reasons_and_places_are_read() -> None:
    failed = read_junit(RECORDED).having("failed")
    assert {case.name.removeprefix("tests::"): (case.location, case.reason) for case in failed} == {
        "aborts": (None, "process aborted with signal 6 (SIGABRT)"),
        "exits": (None, "test failure with exit code 7"),
        "fails": (("src/lib.rs", 23, 69), "assertion `left == right` failed: sums | `differ`"),
        "hangs": (None, "test timeout"),
        "panics_not": (
            ("src/lib.rs", 26, 32),
            "note: test did not panic as expected at src/lib.rs:26:32",
        ),
        "returns_err": (None, 'Error: "no luck"'),
        "segv": (None, "process aborted with signal 11 (SIGSEGV)"),
        "unprintable": (("src/lib.rs", 34, 89), "multi"),
    }


def test_setup_scripts_are_no_tests() -> None:
    assert "@setup-script:prepare" in RECORDED.read_text(encoding="utf-8")
    assert {case.suite for case in read_junit(RECORDED).cases} == {"rec"}


def test_wall_time_and_start_come_from_the_root() -> None:
    run = read_junit(RECORDED)
    assert run.seconds > max(case.seconds for case in run.cases)
    assert run.started is not None
    assert run.started.tzinfo is not None


def test_characters_that_xml_cannot_hold_do_not_hide_a_report() -> None:
    raw = RECORDED.read_text(encoding="utf-8")
    assert "\ufffe" in raw, "nextest lets it through"
    with pytest.raises(ET.ParseError):
        ET.fromstring(raw)
    assert read_junit(RECORDED).cases


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "has 0 bytes", id="empty"),
        pytest.param(RECORDED.read_bytes()[:5000], "is no JUnit document", id="truncated"),
        pytest.param(b"{}", "is no JUnit document", id="JSON"),
        pytest.param(b"<html/>", "is no JUnit document", id="other root"),
        pytest.param(b"<testsuites>\xff\xfe</testsuites>", "cannot be read", id="not UTF-8"),
        pytest.param(
            b'<!DOCTYPE x [<!ENTITY a "aaaa">]><testsuites/>', "document type", id="DOCTYPE"
        ),
        pytest.param(
            b"<!--" + b" " * 5000 + b"--><!DOCTYPE x><testsuites/>",
            "document type",
            id="DOCTYPE after a long comment",
        ),
    ],
)
def test_what_is_no_report_is_an_error_with_the_file_and_a_next_step(
    tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "junit.xml"
    file.write_bytes(content)
    with pytest.raises(ReportError, match=words) as error:
        read_junit(file)
    assert str(file) in error.value.message
    assert error.value.next_step


def test_a_report_that_is_absent_says_so(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"no report .* although the tests ran"):
        read_junit(tmp_path / "junit.xml")


def test_a_huge_file_of_nothing_is_refused_at_its_beginning(tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    file.write_bytes(b"")
    os.truncate(file, documents.MAXIMUM_BYTES + 1)  # sparse: takes no space
    with pytest.raises(ReportError, match=r"does not begin with <"):
        read_junit(file)


def test_numbers_and_dates_that_are_none_do_not_hide_the_cases(tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    file.write_text(
        '<testsuites time="soon" timestamp="yesterday"><testsuite name="s">'
        '<testcase name="a" classname="s" time="x"/></testsuite></testsuites>',
        encoding="utf-8",
    )
    run = read_junit(file)
    assert (run.seconds, run.started) == (0.0, None)
    assert run.cases == (Case(suite="s", name="a", status="passed"),)


def test_an_empty_document_has_no_cases(tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    file.write_text('<testsuites name="nextest-run" time="0.1"/>', encoding="utf-8")
    assert read_junit(file) == TestRun(cases=(), seconds=0.1)


OTHERS = TestRun(
    cases=(
        Case(suite="core::odd", name="passes", status="passed"),
        Case(
            suite="core::odd",
            name="fails <b>",
            status="failed",
            output="thread 'x' (1) panicked at tests/odd.rs:1:2:\nno \x1b[31m\ufffe & <",
        ),
        Case(suite="core::odd", name="later", status="skipped"),
    )
)


def test_what_cargo_test_ran_joins_the_document_of_nextest(tmp_path: Path) -> None:
    target = tmp_path / "reports" / "unit.xml"
    write_junit(OTHERS, target, base=RECORDED)
    before, after = read_junit(RECORDED), read_junit(target)
    assert after.cases[: len(before.cases)] == before.cases
    assert [case.name for case in after.cases[len(before.cases) :]] == [
        "passes",
        "fails <b>",
        "later",
    ]
    assert (after.seconds, after.started) == (before.seconds, before.started)
    root = ET.fromstring(target.read_bytes())
    recorded = RECORDED.read_text(encoding="utf-8")
    for name in ("name", "uuid", "timestamp", "time"):
        assert f'{name}="{root.get(name)}"' in recorded
    assert root.get("tests") == str(14 + 3), "nextest counts its setup script"
    assert (root.get("failures"), root.get("skipped"), root.get("errors")) == ("9", "2", "0")
    assert root[-1].attrib == {
        "name": "core::odd",
        "tests": "3",
        "failures": "1",
        "skipped": "1",
        "errors": "0",
    }


def test_a_copy_of_nextests_document_alone_loses_nothing(tmp_path: Path) -> None:
    target = tmp_path / "unit.xml"
    write_junit(TestRun(cases=()), target, base=RECORDED)
    assert read_junit(target) == read_junit(RECORDED)
    assert "flakyFailure" in target.read_text(encoding="utf-8")


def test_the_file_is_moved_into_place(tmp_path: Path) -> None:
    target = tmp_path / "unit.xml"
    target.write_text("half a file of somebody else", encoding="utf-8")
    write_junit(OTHERS, target)
    assert [file.name for file in tmp_path.iterdir()] == ["unit.xml"]
    assert len(read_junit(target).cases) == 3


texts = st.text(st.characters(codec=None), min_size=1)


@given(
    cases=st.lists(
        st.builds(
            Case,
            suite=texts,
            name=texts,
            status=st.sampled_from(["passed", "failed", "skipped"]),
            message=texts,
            output=texts,
        ),
        max_size=5,
    )
)
def test_whatever_is_written_can_be_read_again(
    cases: list[Case], tmp_path_factory: pytest.TempPathFactory
) -> None:
    target = tmp_path_factory.getbasetemp() / "any.xml"
    write_junit(TestRun(cases=tuple(cases)), target)
    read = read_junit(target)
    assert sorted(case.status for case in read.cases) == sorted(case.status for case in cases)


@given(started=st.floats(min_value=1e-6, max_value=253_000_000_000.0))
@example(started=1_767_225_600.0)
@example(started=1_767_225_599.999_999_9)
@example(started=1_767_225_600.000_000_4)
@example(started=1_767_225_600.5)
def test_moments_are_written_as_datetime_has_them(
    started: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    case = Case(suite="s", name="a", status="passed", started=started)
    target = tmp_path_factory.getbasetemp() / "moment.xml"
    write_junit(TestRun(cases=(case,)), target)
    stamp = datetime.fromtimestamp(started, UTC).isoformat()
    assert f'timestamp="{stamp}"' in target.read_text("utf-8")
