"""Tests that nextest lists and that no report has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.sessions.inventory.finding import InventoryFinding, Kind
from tasker_ci.sessions.inventory.targets import relative

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasker_ci.reports.run import TestRun
    from tasker_ci.rust.workspace import Package, Target, Workspace


@dataclass(frozen=True, kw_only=True)
class ListedTest:
    """One test of `cargo nextest list`."""

    binary: str
    name: str
    left_out: str | None = None
    """Why nextest would not run it (``default-filter``, ``ignored``, …); None if it would."""


def read_list(text: str) -> tuple[ListedTest, ...]:
    """Read ``cargo nextest list --message-format json``; raises `ReportError` if it is not that."""
    try:
        return tuple(_listed(json.loads(text)["rust-suites"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"This is no list of nextest ({error!r})."
        step = "cargo nextest list --message-format json prints one."
        raise ReportError(message, next_step=step) from error


def _listed(suites: Mapping[str, Any]) -> Iterator[ListedTest]:
    for binary, suite in suites.items():
        if suite.get("status", "listed") != "listed":  # its tests are not asked for at all
            yield ListedTest(binary=binary, name="", left_out=suite["status"])
        for name, case in suite.get("testcases", {}).items():
            match = case["filter-match"]
            runs = match["status"] == "matches"
            reason = None if runs else str(match.get("reason", "a filter"))
            if reason != "ignored":  # its source says so, for everybody to see
                yield ListedTest(binary=binary, name=name, left_out=reason)


def missing_tests(
    listed: Iterable[ListedTest],
    run: TestRun,
    workspace: Workspace,
    targets: Iterable[tuple[Package, Target]],
) -> Iterator[InventoryFinding]:
    """The tests of ``targets`` that ``run`` lacks, by test binary and reason."""
    known = {package.binary_id(target): (package, target) for package, target in targets}
    there = {(case.suite, case.name) for case in run.cases}
    lost: dict[tuple[str, str | None], list[str]] = {}
    for test in listed:
        if test.binary in known and (test.binary, test.name) not in there:
            lost.setdefault((test.binary, test.left_out), []).append(test.name)
    for (binary, left_out), names in lost.items():
        package, target = known[binary]
        why = f"nextest leaves them out ({left_out})" if left_out else "they were not run"
        yield InventoryFinding(
            kind=Kind.REPORT,
            file=relative(target.source, workspace),
            package=package.name,
            reason=f"{binary}: {why}",
            names=tuple(name for name in names if name),
        )
