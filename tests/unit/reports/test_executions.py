"""One case out of all executions of a test."""

from __future__ import annotations

from dataclasses import replace

from tasker_ci.reports.executions import by_status, one_case
from tasker_ci.reports.run import Case

PASSED = Case("s", "n", "passed", 1.0)
FAILED = Case("s", "n", "failed", 2.0, message="boom")
SKIPPED = Case("s", "n", "skipped")


def test_the_last_execution_decides_where_all_times_are_known() -> None:
    found = one_case([(2.0, PASSED), (1.0, FAILED), (None, SKIPPED)])
    assert (found.status, found.seconds) == ("flaky", 1.0)
    assert [(each.status, each.message) for each in found.others] == [("failed", "boom")]
    assert one_case([(1.0, PASSED), (2.0, FAILED)]).status == "failed"


def test_the_worst_execution_decides_where_one_time_is_unknown() -> None:
    assert one_case([(2.0, PASSED), (None, FAILED)]).status == "failed"


def test_a_copy_of_another_report_is_no_execution_and_one_of_the_same_is() -> None:
    twice = [(1.0, PASSED), (1.0, PASSED)]
    assert one_case(twice).others == ()
    assert len(one_case(twice, copies=False).others) == 1


def test_it_is_skipped_only_if_nothing_ran_it() -> None:
    named = replace(SKIPPED, message="by a filter")
    assert one_case([(None, named), (None, SKIPPED)]).status == "skipped"
    assert one_case([(None, SKIPPED), (None, PASSED)]) == PASSED


def test_every_status_is_counted_also_one_that_no_case_has() -> None:
    counts = {"passed": 2, "failed": 1, "skipped": 0, "flaky": 0, "quarantined": 0}
    assert by_status([PASSED, FAILED, PASSED]) == counts
