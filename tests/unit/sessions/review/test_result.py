"""The order of findings and the headline."""

from __future__ import annotations

from datetime import date

import pytest
from reviewed import CI, finding, result

from tasker_ci.foreign.places import Opaque, Place
from tasker_ci.foreign.selections.reachability import TestFate
from tasker_ci.sessions.review.allowed import without_allowed
from tasker_ci.sessions.review.finding import Grade, Severity
from tasker_ci.sessions.review.settings import ReviewAllow

TODAY = date(2026, 11, 30)
ALLOW = ReviewAllow(
    rule="t1", path=".github/workflows/*.yml", reason="a spike", review=date(2027, 1, 1)
)


@pytest.mark.parametrize(
    ("fates", "unread", "said"),
    [
        ({TestFate.RUN: 1161, TestFate.LOST: 43}, False, "43 of 1 204 tests are run by no job"),
        ({TestFate.RUN: 1, TestFate.COMPILED: 1}, False, "1 of 2 tests is run by no job"),
        ({TestFate.RUN: 1}, False, "each of 1 test is run by a job"),
        ({}, False, "there are no tests"),
        (
            {TestFate.RUN: 5, TestFate.LOST: 2},
            True,
            "5 of 7 tests are run by a job; the others are not decided (1 place could not be read)",
        ),
        ({TestFate.RUN: 5}, True, "each of 5 tests is run by a job"),
        (
            {TestFate.RUN: 3, TestFate.IGNORED: 1},
            False,
            "3 of 4 tests are run by a job; 1 is ignored",
        ),
        (
            {TestFate.RUN: 1, TestFate.IGNORED: 2, TestFate.UNDECIDED: 3},
            False,
            "1 of 6 tests is run by a job; 2 are ignored, 3 are not decided",
        ),
    ],
)
def test_the_headline_is_the_number_that_matters(
    fates: dict[TestFate, int], unread: bool, said: str
) -> None:
    opaque = [Opaque(Place(CI, 1), "it is not read")] if unread else []
    none = dict.fromkeys(TestFate, 0)
    assert result(opaque=opaque, fates={**none, **fates}).headline == said


@pytest.mark.parametrize(
    ("severity", "grade", "fails"),
    [
        (Severity.ERROR, Grade.CERTAIN, True),
        (Severity.ERROR, Grade.SUSPICION, False),
        (Severity.WARNING, Grade.CERTAIN, False),
    ],
)
def test_only_certain_errors_fail(severity: Severity, grade: Grade, fails: bool) -> None:
    assert finding(severity=severity, grade=grade).fails is fails


def test_what_settings_allow_is_left_out_and_counted() -> None:
    said: list[str] = []
    left = without_allowed(result([finding()]), [ALLOW], TODAY, said.append)
    assert (left.findings, left.allowed) == ((), 1)
    assert said == ["1 finding is allowed by the settings."]


def test_past_its_day_an_allowed_finding_is_shown_again() -> None:
    said: list[str] = []
    left = without_allowed(result([finding()]), [ALLOW], ALLOW.review, said.append)
    assert len(left.findings) == 1
    assert "is to be looked at again since 2027-01-01 (a spike)" in said[0]


def test_a_rule_that_allows_nothing_is_named() -> None:
    said: list[str] = []
    without_allowed(result([finding(rule="G1")]), [ALLOW], TODAY, said.append)
    assert said == ["review.allow for t1 in .github/workflows/*.yml allows nothing."]
