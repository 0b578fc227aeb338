"""One case out of all executions of a test, in one report or in several."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from tasker_ci.reports.run import Attempt, Case, CaseStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Dated = tuple[float | None, Case]
"""A case, and when it began as far as it or its report says so."""

_WORST: Mapping[CaseStatus, int] = {
    "failed": 4,
    "quarantined": 3,
    "flaky": 2,
    "passed": 1,
    "skipped": 0,
}

_RED = {"failed", "quarantined"}
"""The last execution failed."""


def one_case(dated: Sequence[Dated], *, copies: bool = True) -> Case:
    """One case out of what several reports say of it.

    Of several reports an attempt that all of them have is one (``copies``), within one report
    each stands for itself.
    """
    if len(dated) == 1 and not dated[0][1].others:
        return dated[0][1]
    executed = [each for each in dated if each[1].status != "skipped"]
    if not executed:
        return min((case for _, case in dated), key=_content)
    known = all(moment is not None for moment, _ in executed)

    def rank(each: Dated) -> tuple[object, ...]:
        moment, case = each
        when = (moment or 0.0) if known else 0.0
        return when, _WORST[case.status], case.seconds, case.output, case.message, _content(case)

    _, last = max(executed, key=rank)
    one_report = len(dated) == 1 or not copies
    others: Counter[Attempt] = Counter()
    for _, case in executed:
        attempts = Counter((*case.others, _attempt(case)))
        others = others | attempts if copies else others + attempts
    others[_attempt(last)] -= 1
    failed = last.status in _RED or any(
        each.status == "failed" for each, count in others.items() if count > 0
    )
    return replace(
        last,
        status="flaky" if failed and last.status not in _RED else last.status,
        others=tuple(sorted(others.elements(), key=_in_time if one_report else _moment)),
    )


def _content(case: Case) -> tuple[object, ...]:
    """All that may differ between two cases, so that their order never decides."""
    return (*_moment(_attempt(case)), case.suites, case.error)


def _attempt(case: Case) -> Attempt:
    failed = case.status in _RED and not case.passed_at_last
    return Attempt(
        status="failed" if failed else "passed",
        seconds=case.seconds,
        started=case.started,
        message=case.message,
        output=case.output,
        error=case.error and failed,
        stdout=case.stdout,
        stderr=case.stderr,
        details=tuple(sorted({**dict(case.attributes), **dict(case.details)}.items())),
        more=case.more,
    )


def _in_time(attempt: Attempt) -> tuple[float, str]:
    """The order within one report; of attempts without a time that of its lines stays."""
    return attempt.started or 0.0, attempt.status


def _moment(attempt: Attempt) -> tuple[object, ...]:
    return (
        attempt.started or 0.0,
        attempt.status,
        attempt.seconds,
        attempt.message,
        attempt.output,
        attempt.stdout,
        attempt.stderr,
        attempt.details,
        repr(attempt.more),
    )


def by_status(cases: Iterable[Case]) -> Mapping[CaseStatus, int]:
    """How many cases have each status."""
    return {**dict.fromkeys(_WORST, 0), **Counter(map(attrgetter("status"), cases))}
