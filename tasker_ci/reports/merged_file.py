"""Write what a test run was as one JUnit file, suite by suite, so that nothing of it is lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import chain, groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from tasker_ci.reports.executions import by_status
from tasker_ci.reports.identity import told_apart
from tasker_ci.reports.junit_case import APART, PASSED_TOO
from tasker_ci.reports.markup import (
    Markup,
    attributes_text,
    element,
    properties_first,
    quoted,
    written,
)
from tasker_ci.reports.merge import NAME
from tasker_ci.reports.suite_facts import VARIANT
from tasker_ci.text.file_writing import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.reports.merge import Merged
    from tasker_ci.reports.run import Attempt, Case, Suite, SuiteFacts, TestRun


_OWNER = attrgetter("variant", "suite", "path")

_LINES = 1000
"""So many are written at once."""


def write_merged(merged: Merged, target: Path, *, within: Path | None = None) -> None:
    """Write the merged report; ``within`` is the folder that its path may not leave.

    Suites of one name but different toolchains or labels get the label into their name, because
    readers trip over a suite that is there twice.
    """
    run, wall = merged.run, merged.wall_seconds
    root = {
        "name": NAME,
        **({"timestamp": run.started.isoformat()} if run.started else {}),
        **({} if wall is None else {"time": _decimal(wall)}),
    }
    write_run(run, root, target, within=within)


def write_run(
    run: TestRun, root: Mapping[str, str], target: Path, *, within: Path | None = None
) -> None:
    """Write a run with these attributes of its root, and the counts of its tests.

    Whole or not at all; ``within`` is the folder that the path may not leave.
    """
    tree = _Node()
    for facts in run.suites:
        tree.at(facts.variant, facts.path).facts.append(facts)
    nodes: dict[tuple[str | None, str, tuple[Suite, ...]], _Node] = {}
    for key, cases in groupby(told_apart(run.cases), _OWNER):
        found = list(cases)
        if key not in nodes:
            nodes[key] = tree.at(found[0].variant, found[0].suites)
        nodes[key].cases += found
    with whole_file(target, within=within) as stream:
        stream.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
        lines = tree.lines("testsuites", {**root, **tree.counts()})
        stream.writelines(lines)


@dataclass(slots=True)
class _Node:
    """A suite with the suites within it; the root is one too."""

    cases: list[Case] = field(default_factory=list)
    facts: list[SuiteFacts] = field(default_factory=list)
    within: dict[tuple[str | None, Suite], _Node] = field(default_factory=dict)
    _counted: tuple[int, int, int, int] | None = None

    def at(self, variant: str | None, path: Iterable[Suite]) -> _Node:
        """The suite at a path from here."""
        node = self
        for suite in path:
            node = node.within.setdefault((variant, suite), _Node())
        return node

    def counts(self) -> dict[str, str]:
        """What the header says: all tests within, and setup scripts that passed."""
        tests, failed, errors, skipped = self._counts()
        return {
            "tests": str(tests),
            "failures": str(failed - errors),
            "errors": str(errors),
            "skipped": str(skipped),
        }

    def _counts(self) -> tuple[int, int, int, int]:
        if self._counted is None:
            self._counted = self._count()
        return self._counted

    def _count(self) -> tuple[int, int, int, int]:
        counts = by_status(self.cases)
        scripts = sum(each.tag == "testcase" for facts in self.facts for each in facts.more)
        own = (
            len(self.cases) + scripts,
            counts["failed"] + counts["quarantined"],
            sum(map(attrgetter("error"), self.cases)),
            counts["skipped"],
        )
        rows = (own, *(node._counts() for node in self.within.values()))  # noqa: SLF001
        tests, failed, errors, skipped = (sum(column) for column in zip(*rows, strict=True))
        return tests, failed, errors, skipped

    def lines(
        self, tag: str, attributes: Mapping[str, str], variant: str | None = None
    ) -> Iterator[bytes]:
        """The element of a suite: its properties first, then its tests and what else it holds."""
        several: dict[str, list[str]] = {}
        for name, value in dict.fromkeys(pair for facts in self.facts for pair in facts.attributes):
            several.setdefault(name, []).append(value)
        own = {name: values[0] for name, values in several.items() if len(values) == 1}
        added = [(VARIANT, variant)] if variant else []
        added += [
            (name, each) for name, values in several.items() for each in values if len(values) > 1
        ]
        more = dict.fromkeys(each for facts in self.facts for each in facts.more)
        own_first = (_properties(map(_property, added)), *more)
        elements = list(properties_first(own_first, distinct=True))
        yield f"<{tag}{attributes_text({**own, **attributes})}>\n".encode()
        for each in elements:
            if each.tag == "properties":
                yield from written(each)
        for (variant_of, suite), node in self.within.items():
            yield from node.lines("testsuite", _header(suite, variant_of, node), variant_of)
        yield from _lines_of(self.cases)
        for each in elements:
            if each.tag != "properties":
                yield from written(each)
        yield f"</{tag}>\n".encode()


def _header(suite: Suite, variant: str | None, node: _Node) -> dict[str, str]:
    started = min((each.started for each in node.facts if each.started is not None), default=None)
    seconds = [each.seconds for each in node.facts if each.seconds is not None]
    named = (
        ("name", f"{suite.name} [{variant}]" if variant else suite.name),
        *((name, getattr(suite, name)) for name in ("file", "package", "hostname", "id")),
    )
    return {
        **{name: value for name, value in named if value or name == "name"},
        **({} if started is None else {"timestamp": _stamp(started)}),
        **({"time": _decimal(sum(seconds))} if seconds else {}),
        **node.counts(),
    }


def _lines_of(cases: Iterable[Case]) -> Iterator[bytes]:
    """The elements of cases, in pieces of many lines."""
    lines: list[str] = []
    for case in cases:
        held = case.more or case.others or case.apart or case.stdout or case.stderr
        plain = case.status == "passed" and not (held or case.attributes)  # as most are
        if plain:
            lines.append(_plain_line(case))
        if lines and (not plain or len(lines) == _LINES):
            yield "".join(lines).encode()
            lines.clear()
        if not plain:
            yield from _case(case)
    if lines:
        yield "".join(lines).encode()


def _plain_line(case: Case) -> str:
    """A case that passed and has nothing but names and times."""
    owner = _quoted_owner(case.classname or case.suite)
    moment = "" if case.started is None else f' timestamp="{_stamp(case.started)}"'
    times = f'time="{_decimal(case.seconds)}"{moment}'
    return f"<testcase name={quoted(case.name)} classname={owner} {times}/>\n"


_quoted_owner = lru_cache(maxsize=10)(quoted)


def _case(case: Case) -> Iterable[bytes]:
    """One case with all of its executions."""
    attributes = {
        **dict(case.attributes),
        "name": case.name,
        "classname": case.classname or case.suite,
        **_times(case),
    }
    passed = case.status == "passed" and not (case.more or case.others or case.apart)
    return element("testcase", attributes, children=_outputs(case) if passed else _within(case))


def _within(case: Case) -> Iterator[bytes]:
    added = [_property((APART, case.apart))] if case.apart else []
    added += [_passed(each) for each in case.others if each.status == "passed"]
    elements = case.more
    if added:
        elements = tuple(properties_first((*elements, _properties(added))))
    for each in elements:
        if each.tag == "properties":
            yield from written(each)
    told = _told(case.message, dict(case.details))
    red = case.status in {"failed", "quarantined"}
    if red:
        yield from element("error" if case.error else "failure", told, case.output)
    elif case.status == "skipped":
        yield from element("skipped", told, case.output)
    passed = not red or case.passed_at_last
    for other in case.others:
        if other.status == "failed":
            kind = "Error" if other.error else "Failure"
            yield from element(
                f"{'flaky' if passed else 'rerun'}{kind}",
                {**_told(other.message, dict(other.details)), **_times(other)},
                other.output,
                chain(_outputs(other), *map(written, other.more)),
            )
    yield from _outputs(case)
    for each in elements:
        if each.tag != "properties":
            yield from written(each)


def _told(message: str, details: Mapping[str, str]) -> dict[str, str]:
    """A message, unless a reader takes it from the type."""
    return {**({"message": message} if message != details.get("type", "") else {}), **details}


def _passed(attempt: Attempt) -> Markup:
    """Another execution that passed: no dialect has an element for it."""
    name = (("name", PASSED_TOO), ("value", " ".join(_times(attempt).values())))
    message = (("message", attempt.message),) if attempt.message else ()
    streams = (("system-out", attempt.stdout), ("system-err", attempt.stderr))
    held = (*(Markup(tag, (), text) for tag, text in streams if text), *attempt.more)
    if not (message or attempt.details or attempt.output or held):
        return Markup("property", name)
    inner = Markup("execution", (*message, *attempt.details), attempt.output, held)
    return Markup("property", name, "", (inner,))


def _property(pair: tuple[str, str]) -> Markup:
    return Markup("property", (("name", pair[0]), ("value", pair[1])))


def _properties(children: Iterable[Markup]) -> Markup:
    return Markup("properties", (), "", tuple(children))


def _outputs(one: Case | Attempt) -> Iterator[bytes]:
    for name, text in (("system-out", one.stdout), ("system-err", one.stderr)):
        if text:
            yield from element(name, text=text)


def _times(one: Case | Attempt) -> dict[str, str]:
    times = {"time": _decimal(one.seconds)}
    if one.started is not None:
        times["timestamp"] = _stamp(one.started)
    return times


@lru_cache(maxsize=10_000)
def _decimal(seconds: float) -> str:
    """A time as a number that is read as just the same again."""
    text = repr(float(seconds))
    return f"{Decimal(text):f}" if "e" in text else text


def _stamp(started: float) -> str:
    """A moment as ``isoformat`` has it; tests begin by the dozen within one second."""
    whole = int(started)
    microseconds = round((started - whole) * 1_000_000)
    if microseconds in {0, 1_000_000}:
        return f"{_second(whole + bool(microseconds))}+00:00"
    return f"{_second(whole)}.{microseconds:06}+00:00"


@lru_cache(maxsize=10_000)
def _second(whole: int) -> str:
    return datetime.fromtimestamp(whole, UTC).isoformat().removesuffix("+00:00")
