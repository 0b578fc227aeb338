"""Several reports as one: shards, toolchains, reruns, and the same report twice.

The rules, each of which the order of the reports has no part in:

- A test is known by its suite, class and name, and by the toolchain or label of its report.
- Known from several reports it counts once. Its last execution decides; where the reports do not
  say which was the last, the worst does. The others are kept, an exact copy is not another one.
- A test that both passed and failed is flaky, however it ended.
- It is skipped only if no report ran it.
- Within one report a name that comes again with another result is a rerun, the last one decides;
  with the same result it is another test (two test binaries under one name).
- Wall time is the time that the reports cover together: shards side by side count once, runs after
  one another add up. Reports without a start are taken to follow one another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tasker_ci.report.run import Attempt, Case, TestRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tasker_ci.report.documents import Document

_Key = tuple[str, str, str, str, int]
_Dated = tuple[float | None, Case]
"""A case, and when it began as far as it or its report says so."""

_WORST = {"failed": 3, "flaky": 2, "passed": 1, "skipped": 0}


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A report with the label that somebody gave it; "" for none."""

    document: Document
    label: str = ""

    @property
    def variant(self) -> str:
        """What tells its tests from those of the same name: its label, else its toolchain."""
        return self.label or self.document.attributes.get("toolchain", "")


@dataclass(frozen=True, kw_only=True)
class Merged:
    """Many reports as one run."""

    run: TestRun
    reports: int
    """Without those that were given twice."""
    executions: int
    """How often tests were run, reruns too."""
    wall_seconds: float | None
    """None if no report says how long it took."""


def merge(reports: Iterable[Labelled]) -> Merged:
    """Merge reports by the rules of this module."""
    distinct = {(each.label, each.document.digest): each for each in reports}
    variants = _variants(distinct.values())
    found: dict[_Key, list[_Dated]] = {}
    for report in distinct.values():
        begin = min((begin for begin, _ in report.document.intervals), default=None)
        for key, case in _cases(report.document, variants[id(report)]):
            moment = begin if case.started is None else case.started
            found.setdefault(key, []).append((moment, case))
    cases = tuple(_one(found[key]) for key in sorted(found))
    seconds = _wall_seconds(each.document for each in distinct.values())
    return Merged(
        run=TestRun(cases=cases, seconds=seconds or 0.0, started=_started(distinct.values())),
        reports=len(distinct),
        executions=sum((case.status != "skipped") + len(case.others) for case in cases),
        wall_seconds=seconds,
    )


def _variants(reports: Iterable[Labelled]) -> dict[int, str]:
    """The variant of each report; copies of one nextest run share what one of them knows."""
    reports = list(reports)
    known = {
        each.document.attributes["uuid"]: each.variant
        for each in reports
        if each.variant and "uuid" in each.document.attributes
    }
    return {
        id(each): each.variant or known.get(each.document.attributes.get("uuid", ""), "")
        for each in reports
    }


def _cases(document: Document, variant: str) -> Iterator[tuple[_Key, Case]]:
    """The cases of one report by their keys."""
    by_name: dict[tuple[str, str, str, str], list[Case]] = {}
    for case in document.run.cases:
        own = case.variant or variant
        key = (own, case.suite, case.classname, case.name)
        by_name.setdefault(key, []).append(
            case if own == case.variant else replace(case, variant=own)
        )
    for name, cases in by_name.items():
        if len({(case.status, case.error) for case in cases}) > 1:
            in_order: list[_Dated] = [(float(place), case) for place, case in enumerate(cases)]
            yield (*name, 0), _one(in_order)
            continue
        for number, case in enumerate(cases):
            yield (*name, number), case


def _one(dated: Sequence[_Dated]) -> Case:
    """One case out of what several reports say of it."""
    if len(dated) == 1 and not dated[0][1].others:
        return dated[0][1]
    executed = [each for each in dated if each[1].status != "skipped"]
    if not executed:
        return min((case for _, case in dated), key=lambda case: _moment(_attempt(case)))
    known = all(moment is not None for moment, _ in executed)

    def rank(each: _Dated) -> tuple[float, int, float, str, str]:
        moment, case = each
        when = (moment or 0.0) if known else 0.0
        return when, _WORST[case.status], case.seconds, case.output, case.message

    _, last = max(executed, key=rank)
    own = _attempt(last)
    others = {attempt for _, case in executed for attempt in (_attempt(case), *case.others)} - {own}
    failed = last.status == "failed" or any(each.status == "failed" for each in others)
    return replace(
        last,
        status="flaky" if failed and last.status != "failed" else last.status,
        others=tuple(sorted(others, key=_moment)),
    )


def _attempt(case: Case) -> Attempt:
    return Attempt(
        status="failed" if case.status == "failed" else "passed",
        seconds=case.seconds,
        started=case.started,
        message=case.message,
        output=case.output,
    )


def _moment(attempt: Attempt) -> tuple[float, str, float, str, str]:
    return (
        attempt.started or 0.0,
        attempt.status,
        attempt.seconds,
        attempt.message,
        attempt.output,
    )


def _wall_seconds(documents: Iterable[Document]) -> float | None:
    """The time that the reports cover, overlaps once."""
    documents = list(documents)
    undated = [each.undated_seconds for each in documents if each.undated_seconds is not None]
    intervals = sorted(interval for each in documents for interval in each.intervals)
    if not (undated or intervals):
        return None
    covered, reached = 0.0, float("-inf")
    for begin, end in intervals:
        covered += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return covered + sum(sorted(undated))


def _started(reports: Iterable[Labelled]) -> datetime | None:
    begins = [begin for each in reports for begin, _ in each.document.intervals]
    return datetime.fromtimestamp(min(begins), UTC) if begins else None


def by_status(cases: Iterable[Case]) -> Mapping[str, int]:
    """How many cases have each status."""
    counts = dict.fromkeys(_WORST, 0)
    for case in cases:
        counts[case.status] += 1
    return counts
