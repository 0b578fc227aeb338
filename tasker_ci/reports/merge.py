"""Several reports as one: shards, toolchains, reruns, and the same report twice.

The rules, each of which the order of the reports has no part in:

- A test is known by the whole path of its suites (name, file, package, host), its file, class,
  name and parameters, and by the toolchain or label of its report. Where one report has several
  that are the same in all of that, the id of the suite, their own id and their line count too.
- Known from several reports it counts once. Its last execution decides; where the reports do not
  say which was the last, the worst does. The others are kept, an exact copy is not another one.
- A test that both passed and failed is flaky, however it ended.
- It is skipped only if no report ran it.
- Within one report a test that comes again with another result is a rerun; the last one decides, by
  the times that the report has, else by its lines. With the same result it is another test (two
  test binaries under one name). Tests without a name are never reruns.
- A setup script of nextest that failed counts as a failed test, in every shard for itself: the
  tests of that shard did not run.
- Wall time is the time that the reports cover together: shards side by side count once, runs after
  one another add up. Reports without a start are taken to follow one another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING

from tasker_ci.reports.executions import Dated, one_case
from tasker_ci.reports.identity import Key, distinguished, identity, particulars, told_apart
from tasker_ci.reports.markup import Markup
from tasker_ci.reports.run import Case, SuiteFacts, TestRun
from tasker_ci.reports.suite_facts import FactsOf, covered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tasker_ci.reports.documents import Document

REPORT = "tasker-ci:report"
"""The property of a merged report for the attributes of one that went into it."""

NAME = "tasker-ci report"
"""The root's name, by which a merged file is known again."""

_Test = tuple[Key, tuple[str, ...], str]
"""An identity, particulars, and what tells several of both apart."""

_NAME = attrgetter("name")


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A report with the label that somebody gave it."""

    document: Document
    label: str | None = None

    @property
    def variant(self) -> str | None:
        """What tells its tests from others of their names: its label, else toolchain and system."""
        given = (self.document.attributes.get(name) for name in ("toolchain", "system"))
        return self.label or " ".join(filter(None, given)) or None


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
    found = {
        id(report): _with_variant(report.document.run.cases, variants[id(report)])
        for report in distinct.values()
    }
    cases = _single(found.values()) or _joined(distinct.values(), found)
    del found
    seconds = _wall_seconds(each.document for each in distinct.values())
    return Merged(
        run=TestRun(
            cases=distinguished(cases),
            seconds=seconds or 0.0,
            started=_started(distinct.values()),
            suites=_suites(distinct.values(), variants),
        ),
        reports=len(distinct),
        executions=sum((case.status != "skipped") + len(case.others) for case in cases),
        wall_seconds=seconds,
    )


def _single(reports: Iterable[Iterable[Case]]) -> list[Case]:
    """The cases in their order, if no two are of one test, as in most runs; else none.

    Their order is that of their identities, which begin with these three and the name.
    """
    groups: dict[tuple[str, str, str], list[Case]] = {}
    for case in chain.from_iterable(reports):
        place = (case.variant or "", case.suite, case.classname or "")
        if place in groups:
            groups[place].append(case)
        else:
            groups[place] = [case]
    found: list[Case] = []
    for _, cases in sorted(groups.items()):
        if len(set(map(_NAME, cases))) == len(cases):
            cases.sort(key=_NAME)
            found += cases
            continue
        keys = [*map(identity, cases)]
        if len(set(keys)) < len(keys):
            return []
        found += [case for _, case in sorted(zip(keys, cases, strict=True), key=itemgetter(0))]
    return [one_case([(None, case)]) if case.others else case for case in found]


def _joined(reports: Iterable[Labelled], cases_of: dict[int, Sequence[Case]]) -> list[Case]:
    """The cases in their order, one for each test out of all that are of it."""
    known = {report: _by_identity(cases) for report, cases in cases_of.items()}
    apart = {
        key
        for groups in known.values()
        for key, cases in groups.items()
        if len(cases) > 1 and len(set(map(particulars, cases))) > 1
    }
    found: dict[_Test, list[Dated]] = {}
    for report in reports:
        begin = min((begin for begin, _ in report.document.intervals), default=None)
        for key, case in _cases(report.document, known.pop(id(report)), apart):
            found.setdefault(key, []).append((_moment_of(case, begin), case))
    tests = sorted(found)
    keys = [key for key, _, _ in tests]
    return told_apart([one_case(found.pop(test)) for test in tests], keys)


def _moment_of(case: Case, begin: float | None) -> float | None:
    """When a case began: by itself, else as its suite did, else as its report did."""
    if case.started is not None:
        return case.started
    return begin if case.begun is None else case.begun


def _variants(reports: Iterable[Labelled]) -> dict[int, str | None]:
    """The variant of each report; copies of one nextest run share what one of them knows."""
    reports = list(reports)
    known = {
        each.document.attributes["uuid"]: each.variant
        for each in reports
        if each.variant and "uuid" in each.document.attributes
    }
    return {
        id(each): each.variant or known.get(each.document.attributes.get("uuid", ""))
        for each in reports
    }


def _with_variant(cases: Sequence[Case], variant: str | None) -> Sequence[Case]:
    """The cases of one report, those without a variant of their own with this one."""
    if not variant:
        return cases
    return [case if case.variant else replace(case, variant=variant) for case in cases]


def _by_identity(cases: Iterable[Case]) -> dict[Key, list[Case]]:
    """The cases of one report by what they are known by."""
    found: dict[Key, list[Case]] = {}
    for case in cases:
        found.setdefault(identity(case), []).append(case)
    return found


def _cases(
    document: Document, groups: dict[Key, list[Case]], apart: set[Key]
) -> Iterator[tuple[_Test, Case]]:
    """The tests of one report, taken out of ``groups``.

    In ``apart`` are identities that particulars tell apart.
    """
    run = document.attributes.get("uuid") or document.digest
    for key in [*groups]:
        cases = groups.pop(key)
        if len(cases) == 1 and key not in apart:
            yield (key, (), _alone(cases[0], document, run)), cases[0]
            continue
        parts: dict[tuple[str, ...], list[Case]] = {}
        for case in cases:
            parts.setdefault(particulars(case) if key in apart else (), []).append(case)
        for particular, same in parts.items():
            alone = _alone(same[0], document, run)
            results = {(case.status, case.error, case.passed_at_last) for case in same}
            if len(results) > 1 and not _nameless(same[0]):
                yield (key, particular, alone), one_case(list(_in_order(same)), copies=False)
                continue
            for number, case in enumerate(same):
                yield (key, particular, f"{alone}{number:09}" if number else alone), case


def _nameless(case: Case) -> bool:
    return not case.name and not case.apart


def _alone(case: Case, document: Document, run: str) -> str:
    """What keeps a case of one report from being the same as one of another report.

    A setup script is another one in each shard; a report of ours says which shard it is of.
    """
    if case.apart:
        return ""
    if case.is_script:
        return document.attributes.get("partition", "") if _is_own(document) else run
    return "" if case.name else f"{run} "


def _is_own(document: Document) -> bool:
    return "session" in document.attributes


def _in_order(cases: Sequence[Case]) -> Iterator[Dated]:
    """The executions of one test in one report with their places in time."""
    by_lines = list(enumerate(cases))
    for moments in ([case.started for case in cases], [case.begun for case in cases]):
        if None not in moments:
            by_lines.sort(key=lambda each: (moments[each[0]] or 0.0, each[0]))
            break
    for place, (_, case) in enumerate(by_lines):
        yield float(place), case


def _suites(
    reports: Iterable[Labelled], variants: Mapping[int, str | None]
) -> tuple[SuiteFacts, ...]:
    """What the reports say of their suites and of themselves; a copy of a run adds nothing."""
    facts = FactsOf()
    runs: set[tuple[str, str | None]] = set()
    for report in sorted(reports, key=lambda each: (each.label or "", each.document.digest)):
        document = report.document
        variant = variants[id(report)]
        run = (document.attributes.get("uuid") or document.digest, variant)
        if document.attributes and document.attributes.get("name") != NAME:
            said = {name: value for name, value in document.attributes.items() if value}
            text = json.dumps(dict(sorted(said.items())), ensure_ascii=False)
            value = Markup("property", (("name", REPORT), ("value", text)))
            facts.more((), None, Markup("properties", children=(value,)))
        if run in runs:
            continue
        runs.add(run)
        for each in document.run.suites:
            facts.add(each, variant=variant if each.path else None)
    return facts.all()


def _wall_seconds(documents: Iterable[Document]) -> float | None:
    """The time that the reports cover, overlaps once."""
    documents = list(documents)
    undated = [each.undated_seconds for each in documents if each.undated_seconds is not None]
    intervals = sorted(interval for each in documents for interval in each.intervals)
    if not (undated or intervals):
        return None
    return covered(intervals) + sum(sorted(undated))


def _started(reports: Iterable[Labelled]) -> datetime | None:
    runs = [each.document for each in reports]
    begins = [begin for each in runs for begin, _ in each.intervals]
    begins += [each.run.started.timestamp() for each in runs if each.run.started is not None]
    return datetime.fromtimestamp(min(begins), UTC) if begins else None
