"""The merged report as one JUnit file, written test by test."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from tasker_ci.report.documents import printable
from tasker_ci.report.junit_case import PASSED_TOO
from tasker_ci.report.merge import by_status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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
    run, wall = merged.run, merged.wall_seconds
    root = {
        "name": NAME,
        **_counts(run.cases),
        **({"timestamp": run.started.isoformat()} if run.started else {}),
        **({} if wall is None else {"time": f"{wall:.3f}"}),
    }
    with beside.open("w", encoding="utf-8") as stream:
        stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites{_attributes(root)}>\n')
        for suite, grouped in groupby(sorted(run.cases, key=_suite_name), key=_suite_name):
            cases = list(grouped)
            stream.write(f"<testsuite{_attributes({'name': suite, **_counts(cases)})}>\n")
            stream.writelines(_case(suite, case) for case in cases)
            stream.write("</testsuite>\n")
        stream.write("</testsuites>\n")
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


def _case(suite: str, case: Case) -> str:
    """One case with all of its executions."""
    attributes = {"name": case.name, "classname": case.classname or suite, **_times(case)}
    told = {"message": case.message} if case.message else {}
    parts = [_passes(case)]
    if case.status == "failed":
        parts.append(_element("error" if case.error else "failure", told, case.output))
    elif case.status == "skipped":
        parts.append(_element("skipped", told, case.output))
    again = "rerunFailure" if case.status == "failed" else "flakyFailure"
    parts += [
        _element(again, {"message": other.message, **_times(other)}, other.output)
        for other in case.others
        if other.status == "failed"
    ]
    parts += [
        _element(name, {}, text)
        for name, text in (("system-out", case.stdout), ("system-err", case.stderr))
        if text
    ]
    content = "".join(parts)
    if not content:
        return f"<testcase{_attributes(attributes)}/>\n"
    return f"<testcase{_attributes(attributes)}>\n{content}</testcase>\n"


def _passes(case: Case) -> str:
    """Other executions that passed: no dialect has an element for them."""
    passed = [other for other in case.others if other.status == "passed"]
    if not passed:
        return ""
    properties = "".join(
        _element("property", {"name": PASSED_TOO, "value": " ".join(_times(other).values())})
        for other in passed
    )
    return f"<properties>{properties}</properties>\n"


def _element(name: str, attributes: Mapping[str, str], text: str = "") -> str:
    if not text:
        return f"<{name}{_attributes(attributes)}/>\n"
    # A parser turns a carriage return into a line feed, unless it is spelled.
    content = escape(printable(text), {"\r": "&#13;"})
    return f"<{name}{_attributes(attributes)}>{content}</{name}>\n"


def _attributes(attributes: Mapping[str, str]) -> str:
    return "".join(f" {name}={quoteattr(printable(text))}" for name, text in attributes.items())


def _times(one: Case | Attempt) -> dict[str, str]:
    times = {"time": f"{one.seconds:.9f}".rstrip("0").rstrip(".")}
    if one.started is not None:
        times["timestamp"] = datetime.fromtimestamp(one.started, UTC).isoformat()
    return times
