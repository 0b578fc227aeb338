"""The merged report as one JUnit file, written test by test."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from tasker_ci.report.documents import PASSED_TOO, printable
from tasker_ci.report.merge import by_status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tasker_ci.report.merge import Merged
    from tasker_ci.report.run import Attempt, Case

NAME = "tasker-ci report"
"""The root's name, by which a merged file is known again."""


def write_merged(merged: Merged, target: Path) -> None:
    """Write the file; moved into place, so that a reader never meets half of it.

    Suites of one name but different toolchains or labels get the label into their name, because
    readers trip over a suite that is there twice.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    with beside.open("wb") as stream:
        page = _Page(XMLGenerator(stream, "utf-8", short_empty_elements=True))
        page.generator.startDocument()
        run = merged.run
        wall = merged.wall_seconds
        root = {
            "name": NAME,
            **_counts(run.cases),
            **({"timestamp": run.started.isoformat()} if run.started else {}),
            **({} if wall is None else {"time": f"{wall:.3f}"}),
        }
        with page.element("testsuites", root):
            for suite, cases in groupby(sorted(run.cases, key=_suite_name), key=_suite_name):
                page.suite(suite, list(cases))
        page.generator.endDocument()
    beside.replace(target)


def _suite_name(case: Case) -> str:
    return f"{case.suite} [{case.variant}]" if case.variant else case.suite


def _counts(cases: Sequence[Case]) -> dict[str, str]:
    counts = by_status(cases)
    errors = sum(case.error for case in cases)
    return {
        "tests": str(len(cases)),
        "failures": str(counts["failed"] - errors),
        "errors": str(errors),
        "skipped": str(counts["skipped"]),
    }


class _Page:
    """Elements and texts, printable whatever came in."""

    def __init__(self, generator: XMLGenerator) -> None:
        self.generator = generator

    @contextmanager
    def element(self, name: str, attributes: Mapping[str, str]) -> Iterator[None]:
        """Within the block everything lies in this element."""
        plain = {key: printable(value) for key, value in attributes.items()}
        self.generator.startElement(name, AttributesImpl(plain))
        yield
        self.generator.endElement(name)
        self.generator.ignorableWhitespace("\n")

    def text(self, name: str, text: str, attributes: Mapping[str, str] | None = None) -> None:
        """An element with nothing but text."""
        with self.element(name, attributes or {}):
            self.generator.characters(printable(text))

    def suite(self, name: str, cases: Sequence[Case]) -> None:
        """One suite with its cases."""
        with self.element("testsuite", {"name": name, **_counts(cases)}):
            for case in cases:
                self.case(name, case)

    def case(self, suite: str, case: Case) -> None:
        """One case with all of its executions."""
        attributes = {
            "name": case.name,
            "classname": case.classname or suite,
            **_times(case),
        }
        with self.element("testcase", attributes):
            told = {"message": case.message} if case.message else {}
            if case.status == "failed":
                self.text("error" if case.error else "failure", case.output, told)
            elif case.status == "skipped":
                self.text("skipped", case.output, told)
            self.passes(case)
            again = "rerunFailure" if case.status == "failed" else "flakyFailure"
            for other in case.others:
                if other.status == "failed":
                    self.text(again, other.output, {"message": other.message, **_times(other)})
            for tag, text in (("system-out", case.stdout), ("system-err", case.stderr)):
                if text:
                    self.text(tag, text)

    def passes(self, case: Case) -> None:
        """Other executions that passed: no dialect has an element for them."""
        passed = [other for other in case.others if other.status == "passed"]
        if passed:
            with self.element("properties", {}):
                for other in passed:
                    value = " ".join(_times(other).values())
                    self.text("property", "", {"name": PASSED_TOO, "value": value})


def _times(one: Case | Attempt) -> dict[str, str]:
    times = {"time": f"{one.seconds:.9f}".rstrip("0").rstrip(".")}
    if one.started is not None:
        times["timestamp"] = datetime.fromtimestamp(one.started, UTC).isoformat()
    return times
