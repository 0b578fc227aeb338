"""Which entries of the quarantine can go: their tests were green for many runs."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from tasker_ci.sessions.history.public import History, history_folders
from tasker_ci.text.foreign import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.context import Context
    from tasker_ci.reports.run import TestRun
    from tasker_ci.sessions.history.public import Record

GREEN_RUNS = 20
"""After so many green runs in a row a test is ready to come back."""

_RECORDS = 3 * GREEN_RUNS
"""As many are read at the most: not every run has every test."""


def ready(context: Context, session: str, run: TestRun) -> tuple[str, ...]:
    """The reasons of entries whose tests were all green in this run and the `GREEN_RUNS` before.

    Each is told with its place, which the reason has.
    """
    ran = [case for case in run.in_quarantine if case.status != "skipped"]
    entries: dict[str, set[tuple[str, str]]] = {}
    for case in ran:
        entries.setdefault(case.quarantine, set()).add((case.suite, case.name))
    red = {case.quarantine for case in ran if case.status != "passed"}
    waiting = {why: tests for why, tests in entries.items() if why not in red}
    if not waiting:
        return ()
    history = History(folders=history_folders(context))
    records = list(islice(history.records((session,)), _RECORDS))
    found = tuple(why for why, tests in waiting.items() if green_runs(records, tests) >= GREEN_RUNS)
    for why in found:
        times = f"green in this run and the {GREEN_RUNS} before"
        context.reporter.line(one_line(f"note: {times}, ready to leave the quarantine: {why}"))
    return found


def green_runs(records: Iterable[Record], tests: set[tuple[str, str]]) -> int:
    """In how many of the newest records the tests passed at once, until one in which they did not.

    A record that has none of them counts neither way.
    """
    green = 0
    for record in records:
        results = _results(record.tests, tests)
        if any(status not in {"passed", "skipped"} for status in results):
            break
        green += "passed" in results
    return green


def _results(
    known: Mapping[tuple[str, str, str], tuple[str, float]], tests: set[tuple[str, str]]
) -> list[str]:
    keys = ((suite, "", name) for suite, name in tests)
    return [known[key][0] for key in keys if key in known]
