"""Errors of a suite without a test, and headers that claim more than the tests show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from junit_files import FAILURE, T, case, counts, merged, suite, suites

from tasker_ci.reports.documents import read_document

if TYPE_CHECKING:
    from pathlib import Path

PASSED = case('name="a"')
ERROR = '<error message="teardown" type="E">boom</error>'


def claims(folder: Path, text: str) -> list[str]:
    file = folder / "claims.xml"
    file.write_text(text, encoding="utf-8")
    return [str(each) for each in read_document(file).claims]


@pytest.mark.parametrize(
    ("text", "expected", "owner"),
    [
        pytest.param(suites(suite('name="db"', PASSED, ERROR)), (2, 1, 0), "db", id="error"),
        pytest.param(suites(suite('name="db"', PASSED, FAILURE)), (2, 1, 0), "db", id="failure"),
        pytest.param(suites(suite('name="db"', ERROR)), (1, 1, 0), "db", id="no test at all"),
        pytest.param(
            suites(suite('name="db"', ERROR, FAILURE, PASSED)), (2, 1, 0), "db", id="two: one case"
        ),
        pytest.param(
            '<testsuites name="run"><error message="crash"/></testsuites>',
            (1, 1, 0),
            "run",
            id="of the whole report",
        ),
        pytest.param(
            suites(suite('name="o"', suite('name="i"', PASSED, ERROR))), (2, 1, 0), "i", id="inner"
        ),
        pytest.param(suite('name="root"', PASSED, ERROR), (2, 1, 0), "root", id="a suite as root"),
    ],
)
def test_an_error_of_a_suite_is_a_failed_case_of_it(
    tmp_path: Path, text: str, expected: tuple[int, int, int], owner: str
) -> None:
    found = merged(tmp_path, text)
    assert counts(found) == expected
    (failed,) = found.run.having("failed")
    assert (failed.suite, failed.name) == (owner, "(suite)")
    assert failed.reason in {"teardown", "bad", "crash"}


def test_what_else_an_error_of_a_suite_says_is_kept(tmp_path: Path) -> None:
    (failed,) = merged(tmp_path, suites(suite('name="db"', ERROR, FAILURE))).run.cases
    assert (failed.output, failed.error, failed.details) == ("boom", True, (("type", "E"),))
    assert [each.tag for each in failed.more] == ["failure"]


GREEN_BUT = {
    "a suite": (
        suites(suite('name="s" tests="5" failures="2" errors="1"', PASSED)),
        ["the header of the suite 's' says 5 tests, 2 failures, 1 error; its tests show 1, 0, 0"],
    ),
    "the root and a suite say the same": (
        '<testsuites tests="5" failures="2" errors="1">'
        + suite('name="s" tests="5" failures="2" errors="1"', PASSED)
        + "</testsuites>",
        ["the header of the suite 's' says 5 tests, 2 failures, 1 error; its tests show 1, 0, 0"],
    ),
    "the root alone": (
        '<testsuites failures="1">' + suite('name="s"', PASSED) + "</testsuites>",
        ["the header of the report says 0 tests, 1 failure, 0 errors; its tests show 1, 0, 0"],
    ),
    "no test at all": (
        suites(suite('name="s" tests="6" failures="1"')),
        ["the header of the suite 's' says 6 tests, 1 failure, 0 errors; its tests show 0, 0, 0"],
    ),
    "an inner suite": (
        suites(suite('name="o" failures="1"', suite('name="i" failures="1"', PASSED))),
        ["the header of the suite 'i' says 0 tests, 1 failure, 0 errors; its tests show 1, 0, 0"],
    ),
}


@pytest.mark.parametrize(("text", "warnings"), GREEN_BUT.values(), ids=GREEN_BUT)
def test_failures_that_only_a_header_has_are_said_and_never_green(
    tmp_path: Path, text: str, warnings: list[str]
) -> None:
    assert claims(tmp_path, text) == warnings
    found = merged(tmp_path, text)
    (failed,) = found.run.having("failed")
    assert failed.name == "(header)"
    assert failed.reason[1:] == f"{warnings[0][1:]}."


SAID = {
    "more failures than are shown, which is red already": suites(
        suite('name="s" failures="3"', T.replace("></testcase>", f">{FAILURE}</testcase>"), PASSED)
    ),
    "tests that are not there": suites(suite('name="s" tests="5"', PASSED)),
}


@pytest.mark.parametrize("text", SAID.values(), ids=SAID)
def test_other_claims_are_said_and_change_no_count(tmp_path: Path, text: str) -> None:
    assert len(claims(tmp_path, text)) == 1
    assert not any(each.name == "(header)" for each in merged(tmp_path, text).run.cases)


SOUND = {
    "fewer than there are": suites(
        suite('name="s" tests="0" failures="0"', PASSED, case('name="b"', FAILURE))
    ),
    "no number": suites(suite('name="s" tests="many" failures="" errors="NaN"', PASSED)),
    "a number beyond reason": suites(suite('name="s" failures="1e300"', PASSED)),
    "several failures of one test (Catch2 counts assertions)": suites(
        suite('name="s" failures="2"', case('name="a"', FAILURE + FAILURE))
    ),
    "a test of several failures counted once (googletest)": suites(
        suite('name="s" failures="1"', case('name="a"', FAILURE + FAILURE))
    ),
    "a test and its teardown counted as two (pytest)": suites(
        suite('name="s" tests="2" errors="1"', case('name="a"', ERROR))
    ),
    "retries counted as tests (surefire)": suites(
        suite('name="s" tests="3" failures="2"', case('name="a"', "<flakyFailure/><flakyFailure/>"))
    ),
    "an error of the suite": suites(suite('name="s" errors="1"', PASSED, ERROR)),
    "failed by its status alone": suites(
        suite('name="s" failures="1"', case('name="a" status="failed"'))
    ),
    "a suite beside the others that sums them up (fpcunit)": suites(
        suite('name="" tests="2" failures="1"'),
        suite('name="s" tests="2" failures="1"', PASSED, case('name="b"', FAILURE)),
    ),
    "setup scripts": suites(
        suite('name="@setup-script:a" tests="1"', case('name="a"')), suite('name="s"', PASSED)
    ),
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_what_dialects_count_in_their_own_way_is_no_claim(tmp_path: Path, text: str) -> None:
    assert claims(tmp_path, text) == []


@pytest.mark.parametrize(
    ("attributes", "status"),
    [
        ('status="run" result="completed"', "passed"),
        ('status="notrun" result="suppressed"', "skipped"),
        ('status="disabled"', "skipped"),
        ('result="skipped"', "skipped"),
        ('status="fail"', "failed"),
        ('result="failed"', "failed"),
        ('status="42"', "passed"),
    ],
)
def test_a_test_without_an_element_for_its_end_has_a_word_for_it(
    tmp_path: Path, attributes: str, status: str
) -> None:
    (found,) = merged(tmp_path, suites(suite('name="s"', case(f'name="a" {attributes}')))).run.cases
    assert found.status == status
