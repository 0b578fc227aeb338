"""What is said at the end of a test run, to people, to GitHub and to scripts."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

from tasker_ci.reports.markup import Markup
from tasker_ci.reports.run import QUARANTINED, Case, CaseStatus, TestRun
from tasker_ci.reports.summary import MAXIMUM_ROWS, Summary
from tasker_ci.reports.summary_screen import LINE_CHARACTERS, MAXIMUM_ANNOTATIONS, print_summary
from tasker_ci.screen.terminal import GitHubReporter, TerminalReporter

HOSTILE = "::error::a|`b`<img src=x>\n##[error]"

SHOWN = r"::error::a|`b`<img src=x>\n##[error]"
"""On a screen a line break in a name is spelled, else the name could make up lines of ours."""

RUN = TestRun(
    cases=(
        Case(suite="core", name="quick", status="passed", seconds=0.001),
        Case(suite="core", name="slow", status="passed", seconds=9.5),
        Case(suite="core", name="wobbly", status="flaky", seconds=0.5),
        Case(suite="core", name="later", status="skipped"),
        Case(
            suite="core::it",
            name=HOSTILE,
            status="failed",
            seconds=0.2,
            output="thread 'x' (1) panicked at src/a.rs:3:5:\nleft | right",
        ),
        Case(suite="core::it", name="dies", status="failed", message="SIGSEGV", seconds=0.1),
    ),
    seconds=4.25,
)


def summary(run: TestRun = RUN) -> Summary:
    return Summary(
        title="unit",
        run=run,
        build_seconds=1.5,
        report=Path("/w/unit.xml"),
        rerun=lambda case: f"again {case.suite}",
    )


def on_terminal(run: TestRun = RUN) -> str:
    screen = io.StringIO()
    print_summary(summary(run), TerminalReporter(screen, color=False), locate=lambda _: "src/a.rs")
    return screen.getvalue()


def on_github(tmp_path: Path, run: TestRun = RUN) -> tuple[list[str], str]:
    screen, page = io.StringIO(), tmp_path / "page.md"
    reporter = GitHubReporter(screen, color=False, summary_file=str(page))
    print_summary(summary(run), reporter, locate=lambda _: "crates/a/src/a.rs")
    return screen.getvalue().splitlines(), page.read_text(encoding="utf-8")


def test_the_terminal_gets_counts_times_the_slowest_and_each_failure() -> None:
    assert (
        on_terminal()
        == f"""
unit: 3 passed, 2 failed, 1 skipped, 1 flaky (build 1.5 s, tests 4.25 s)
slowest tests:
       9.5 s  core  slow
      500 ms  core  wobbly
      200 ms  core::it  {SHOWN}
      100 ms  core::it  dies
        1 ms  core  quick
failed: core::it {SHOWN}
  src/a.rs:3:5: left | right
  again: again core::it
failed: core::it dies
  no panic: SIGSEGV
  again: again core::it
report: /w/unit.xml
warning: flaky, passed after a retry: core wobbly
"""
    )


def test_the_terminal_gets_no_command_of_github() -> None:
    assert "::group::" not in on_terminal()
    assert "::stop-commands::" not in on_terminal()


def test_a_name_like_a_book_is_cut_on_the_screen() -> None:
    book = "n" * 100_000
    case = Case(suite=book, name=book, status="failed", message=book, seconds=1.0)
    assert max(map(len, on_terminal(TestRun(cases=(case,))).splitlines())) <= LINE_CHARACTERS


def test_only_five_of_the_slowest_are_listed() -> None:
    cases = tuple(
        Case(suite="s", name=f"t{number}", status="passed", seconds=number)
        for number in range(1, 20)
    )
    assert re.findall(r"s  s  (t\d+)", on_terminal(TestRun(cases=cases))) == [
        "t19", "t18", "t17", "t16", "t15",
    ]  # fmt: skip


def test_on_github_what_a_test_is_called_is_no_command(tmp_path: Path) -> None:
    lines, _ = on_github(tmp_path)
    token = lines[0].removeprefix("::stop-commands::")
    assert len(token) == 32
    end = lines.index(f"::{token}::")
    assert any("##\\[error]" in line for line in lines[:end])
    assert not any("##[" in line for line in lines)


def test_on_github_failures_are_annotated_at_their_place(tmp_path: Path) -> None:
    lines, _ = on_github(tmp_path)
    assert [line for line in lines if line.startswith(("::error", "::warning"))] == [
        "::warning::flaky, passed after a retry: core wobbly",
        (
            "::error file=crates/a/src/a.rs,line=3::"
            "::error::a|`b`<img src=x>%0A##\\[error]: left | right"
        ),
        "::error::dies: SIGSEGV",
    ]


def test_annotations_end_where_github_stops_showing_them(tmp_path: Path) -> None:
    cases = tuple(Case(suite="s", name=f"t{number}", status="failed") for number in range(50))
    lines, page = on_github(tmp_path, TestRun(cases=cases))
    assert sum(line.startswith("::error") for line in lines) == MAXIMUM_ANNOTATIONS
    assert page.count("| `s` | `t") == 50, "the page names all of them"


def test_the_page_of_a_whole_broken_suite_stays_below_a_mebibyte(tmp_path: Path) -> None:
    cases = tuple(
        Case(
            suite="s" * 50,
            name="t" * 100 + str(number),
            status="failed",
            message=f"{number}" + "m" * 9999,
        )
        for number in range(5000)
    )
    _, page = on_github(tmp_path, TestRun(cases=cases))
    assert f"and {5000 - MAXIMUM_ROWS} more" in page
    assert len(page.encode()) < 1024 * 1024


def test_the_page_escapes_what_would_break_its_tables(tmp_path: Path) -> None:
    _, page = on_github(tmp_path)
    assert page.startswith(
        "### unit\n\n3 passed, 2 failed, 1 skipped, 1 flaky (build 1.5 s, tests 4.25 s)"
    )
    assert ":&#58;error::a\\|\\`b\\`&lt;img src=x&gt;\\\\n##" in page
    assert "| `src/a.rs:3:5` | <code>left \\| right</code> |" in page
    assert "| `core` | `wobbly` | 1 passed, 0 failed |" in page
    assert "| 9.5 s | `core` | `slow` |" in page


def test_scripts_get_the_same_as_data() -> None:
    data = json.loads(json.dumps(summary().data()))
    assert {key: data[key] for key in ("passed", "failed", "skipped", "flaky")} == {
        "passed": 3,
        "failed": 2,
        "skipped": 1,
        "flaky": [{"suite": "core", "test": "wobbly"}],
    }
    assert (data["build_seconds"], data["test_seconds"]) == (1.5, 4.25)
    assert data["report"] == "/w/unit.xml"
    assert data["slowest"][0] == {"suite": "core", "test": "slow", "seconds": 9.5}
    assert data["failures"][0] == {
        "suite": "core::it",
        "test": HOSTILE,
        "reason": "left | right",
        "location": "src/a.rs:3:5",
        "rerun": "again core::it",
    }


def test_a_build_time_nobody_knows_is_not_invented() -> None:
    unknown = Summary(
        title="unit", run=RUN, build_seconds=None, report=Path("x"), rerun=lambda _: ""
    )
    assert unknown.times == "tests 4.25 s"


REFUSED = TestRun(
    cases=tuple(
        Case(
            suite="core",
            name=f"query_{number}",
            status="failed",
            output=f"thread 'query_{number}' ({number}) panicked at tests/db.rs:7:5:\n"
            "connect to postgres: ConnectionRefused",
            stderr=f"line\n\n\nquery_{number} of 27\n",
        )
        for number in range(27)
    )
)


def test_one_cause_is_printed_once_with_its_first_place_and_all_its_tests() -> None:
    text = on_terminal(REFUSED)
    assert text.count("failed: ") == 1
    assert "failed: 27 tests, one cause" in text
    assert "  tests/db.rs:7:5: the database refuses connections: connect to postgres" in text
    assert all(f"query_{number}" in text for number in range(27))
    assert text.count("again: ") == 1
    assert len(text.splitlines()) < 12


def test_the_output_of_the_first_is_shown_where_its_tool_has_not() -> None:
    screen = io.StringIO()
    shown = replace(summary(REFUSED), shows_output=lambda _: True)
    print_summary(shown, TerminalReporter(screen, color=False), locate=lambda _: "")
    assert "  the output of query_0, for all of them:\n    line\n    \n" in screen.getvalue()
    assert screen.getvalue().count(" of 27") == 1


def test_a_long_output_is_cut_in_its_middle() -> None:
    long = Case(
        suite="s",
        name="t",
        status="failed",
        message="boom",
        stdout="\n".join(f"line {number}" for number in range(1000)),
    )
    screen = io.StringIO()
    shown = replace(summary(TestRun(cases=(long,))), shows_output=lambda _: True)
    print_summary(shown, TerminalReporter(screen, color=False), locate=lambda _: "")
    text = screen.getvalue()
    assert "line 0\n" in text
    assert "… 940 lines more …" in text
    assert "line 999\n" in text
    assert len(text.splitlines()) < 80


def test_on_github_one_cause_is_one_annotation_and_the_page_has_every_name(
    tmp_path: Path,
) -> None:
    lines, page = on_github(tmp_path, REFUSED)
    (annotation,) = [line for line in lines if line.startswith("::error")]
    assert annotation.startswith("::error file=crates/a/src/a.rs,line=7::27 tests, one cause (")
    assert "and 7 more" in annotation
    assert page.count("<details>") == 1
    assert all(f"query_{number}`" in page for number in range(27))


def test_data_has_all_failures_and_their_causes() -> None:
    data = summary(REFUSED).data()
    assert len(data["failures"]) == 27
    (cause,) = data["causes"]
    assert len(cause["tests"]) == 27
    assert cause["known_as"] == "the database refuses connections"
    assert cause["location"] == "tests/db.rs:7:5"


def test_the_frame_of_the_harness_and_empty_lines_are_left_out_of_what_a_test_printed() -> None:
    output = (
        "\nrunning 1 test\ntest t ... FAILED\n\nfailures:\n\nmine\n\n\n\nmine too\n"
        "failures:\n    t\n\ntest result: FAILED. 0 passed; 1 failed; 0 ignored"
    )
    failed = Case(suite="s", name="t", status="failed", message="exit code 1", output=output)
    screen = io.StringIO()
    shown = replace(summary(TestRun(cases=(failed,))), shows_output=lambda _: True)
    print_summary(shown, TerminalReporter(screen, color=False), locate=lambda _: "")
    lines = [line.strip() for line in screen.getvalue().splitlines()]
    printed = lines[lines.index("no panic: exit code 1") + 1 : lines.index("again: again s")]
    assert [line for line in printed if line] == ["mine", "mine too"]
    assert printed.count("") <= 3


def held(name: str, status: CaseStatus) -> Case:
    mark = Markup("property", (("name", QUARANTINED), ("value", "races (review 2999-01-01)")))
    marks = (Markup("properties", (), "", (mark,)),)
    return Case(suite="core", name=name, status=status, seconds=0.1, more=marks)


def test_what_is_in_quarantine_is_counted_in_every_summary(tmp_path: Path) -> None:
    cases = (*RUN.cases[:1], held("shaky", "quarantined"), held("calm", "passed"))
    run = replace(RUN, cases=cases)
    counted = "2 passed, 0 failed, 0 skipped, 0 flaky, 1 of 2 in quarantine failed"
    shown = on_terminal(run)
    assert counted in shown
    assert "failed in quarantine: core shaky" in shown
    assert "quarantine: races (review 2999-01-01)" in shown
    lines, page = on_github(tmp_path, run)
    assert counted in page
    assert "Failed in quarantine" in page
    assert [line for line in lines if line.startswith("::error")] == []
    (warning,) = [line for line in lines if line.startswith("::warning")]
    assert "core shaky" in warning
    data = summary(run).data()
    assert (data["failed"], data["failures"], data["in_quarantine"]) == (0, [], 2)
    assert [each["test"] for each in data["quarantined"]] == ["shaky"]
