"""One truth about what is flaky: it both passed and failed, however it ended."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from junit_files import FAILURE, case, merged, suite, suites

from tasker_ci.reports.page import write_page
from tasker_ci.reports.page_parts import Content
from tasker_ci.reports.summary import Summary
from tasker_ci.reports.summary_markdown import markdown
from tasker_ci.reports.summary_screen import print_summary
from tasker_ci.screen.terminal import TerminalReporter
from tasker_ci.sessions.history.record import Record, flaky_failures_of, read_record, results_of
from tasker_ci.sessions.history.record_folder import History, leave
from tasker_ci.sessions.history.trend import read_trend
from tasker_ci.sessions.history.verdicts import flaky_tests

CONFIGURED = (
    '<failure message="configured to fail when flaky" type="flaky failure"/>'
    '<flakyFailure message="boom"/>'
)

ENDS = {
    "failed, then passed": ((FAILURE, ""), "failed 0"),
    "passed, then failed": (("", FAILURE), "failed 1"),
    "a retry that nextest fails": ((CONFIGURED,), "failed 1"),
    "a retry that passed": (('<flakyFailure message="boom"/>',), "failed 0"),
    "a rerun of a passed test": (('<rerunFailure message="boom"/>',), "failed 0"),
}


@pytest.mark.parametrize(("inner", "failed"), ENDS.values(), ids=ENDS)
def test_counts_data_warnings_page_history_and_trend_agree(
    tmp_path: Path, inner: tuple[str, ...], failed: str
) -> None:
    text = suites(suite('name="s"', *(case('name="t"', each) for each in inner)))
    found = merged(tmp_path, text)
    summary = Summary(
        title="r", run=found.run, build_seconds=None, report=Path("x"), rerun=lambda _: ""
    )
    count = failed.split()[1]
    assert summary.counts == f"{1 - int(count)} passed, {count} failed, 0 skipped, 1 flaky"
    assert [each["test"] for each in summary.data()["flaky"]] == ["t"]
    assert "### Flaky" in markdown(summary)
    screen = io.StringIO()
    print_summary(summary, TerminalReporter(screen, color=False), locate=lambda _: "")
    assert screen.getvalue().count("warning: flaky, ") == 1

    write_page(Content(merged=found, sources=("a",)), tmp_path / "p.html", now=datetime.now(UTC))
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "<b>1</b><span>flaky</span>" in page
    assert "Flaky tests (1)" in page
    assert "flaky <small>1</small>" in page
    assert re.search(r"<title>.* 1 flaky", page) or "1 flaky" in page

    record = Record(
        run="r",
        session="unit",
        started=datetime(2026, 1, 1, tzinfo=UTC),
        seconds=1.0,
        status="failed",
        tests=results_of(found.run),
        flaky=flaky_failures_of(found.run),
    )
    file = leave(record, tmp_path / "history", keep=9, maximum_bytes=1 << 20)
    assert read_record(file) == record
    trend = read_trend(History(folders=(tmp_path / "history",)), last=9)
    assert [each.key[3] for each in flaky_tests(trend)] == ["t"]


def test_a_test_that_failed_twice_is_not_flaky(tmp_path: Path) -> None:
    text = suites(suite('name="s"', case('name="t"', f'{FAILURE}<rerunFailure message="b"/>')))
    assert merged(tmp_path, text).run.flaky == ()
