"""`report`: what it reads, what it refuses, what it leaves behind."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tasker_ci.context import Outcome, Status
from tasker_ci.errors import ReportError, UnsafePlace, UsageError
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.sessions import load_settings
from tasker_ci.sessions.history.record import Record
from tasker_ci.sessions.history.record_folder import leave
from tasker_ci.sessions.history.recording import leave_proven
from tasker_ci.sessions.history.report import report
from tasker_ci.sessions.history.trend_session import trend
from tasker_ci.testing import RecordedContext, make_context

REPORTS = Path(__file__).parents[3] / "resources" / "reports"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def context(folder: Path, **environment: str) -> RecordedContext:
    return make_context(
        folder,
        environment={"PATH": "/usr/bin:/bin", **environment},
        runner=ProcessRunner(Cancellation()),
    )


def junit(file: Path, *names: str, result: str = "", root: str = "", suite: str = "s") -> Path:
    cases = "".join(
        f'<testcase name="{each}" classname="{suite}" time="1">{result}</testcase>'
        for each in names
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    text = f'<testsuites {root}><testsuite name="{suite}">{cases}</testsuite></testsuites>'
    file.write_text(text, encoding="utf-8")
    return file


def shown(folder: Path, *arguments: str, **more: Any) -> tuple[Outcome, str]:
    given = context(folder)
    return report(given, junit=arguments, **more), given.printed


def test_a_file_becomes_a_table_a_page_markdown_and_one_junit_file(tmp_path: Path) -> None:
    outcome, screen = shown(tmp_path, str(REPORTS / "nextest.xml"))
    assert outcome.summary == "4 passed, 8 failed, 1 skipped, 1 flaky (tests 4.06 s)"
    folder = tmp_path / "target" / "tasker-ci" / "report"
    assert {file.name for file in folder.iterdir()} == {"report.html", "junit.xml", "summary.md"}
    assert f"report: {folder / 'report.html'}" in screen
    assert "failed: rec tests::fails\n  src/lib.rs:23:69: assertion" in screen
    again = "cargo nextest run -E 'binary_id(=rec) & test(=tests::fails)'"
    assert f"again: {again}" in screen
    assert again in (folder / "report.html").read_text("utf-8").replace("&#x27;", "'").replace(
        "&amp;", "&"
    )
    assert "### report of 1 file" in (folder / "summary.md").read_text("utf-8")
    data = json.loads(json.dumps(dict(outcome.data)))
    assert (data["passed"], data["failed"], data["executions"]) == (4, 8, 21)
    assert data["wall_seconds"] == pytest.approx(4.058, abs=0.001)


def test_a_folder_is_read_to_its_ground_and_other_xml_passed_over(tmp_path: Path) -> None:
    junit(tmp_path / "in" / "one" / "a.xml", "a")
    junit(tmp_path / "in" / "two" / "b.xml", "b")
    (tmp_path / "in" / "pom.xml").write_text("<project/>", encoding="utf-8")
    outcome, screen = shown(tmp_path, "in", output="in/out")
    assert outcome.data["passed"] == 2
    assert "pom.xml is no JUnit file; passed over" in screen
    again, _ = shown(tmp_path, "in", output="in/out")
    assert len(again.data["reports"]) == 2, "the merged file in the folder is not read again"


def test_a_merged_file_is_read_where_it_is_all_that_is_left(tmp_path: Path) -> None:
    junit(tmp_path / "in" / "a.xml", "a", "b")
    shown(tmp_path, "in", output="in/out")
    outcome, _ = shown(tmp_path, "in", output="elsewhere")
    assert outcome.data["reports"] == [str(tmp_path / "in" / "a.xml")]
    (tmp_path / "in" / "a.xml").unlink()
    outcome, _ = shown(tmp_path, "in", output="elsewhere")
    assert outcome.data["reports"] == [str(tmp_path / "in" / "out" / "junit.xml")]
    assert outcome.data["passed"] == 2


def test_the_same_file_twice_counts_once(tmp_path: Path) -> None:
    file = str(junit(tmp_path / "a.xml", "a", "b"))
    outcome, _ = shown(tmp_path, file, file, "a.xml", str(tmp_path))
    assert (outcome.data["passed"], outcome.data["executions"]) == (2, 2)


def test_a_label_keeps_tests_of_the_same_name_apart(tmp_path: Path) -> None:
    junit(tmp_path / "stable.xml", "a")
    junit(tmp_path / "beta.xml", "a", result="<failure/>")
    junit(tmp_path / "x=y.xml", "b")
    outcome, screen = shown(tmp_path, "stable.xml", "beta=beta.xml", "x=y.xml")
    assert (outcome.data["passed"], outcome.data["failed"], outcome.data["flaky"]) == (2, 1, [])
    assert "failed: s [beta] a" in screen


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda folder: "absent.xml", "There is no report at", id="missing file"),
        pytest.param(lambda folder: ".", "There is no JUnit file in", id="empty folder"),
        pytest.param(
            lambda folder: str(junit(folder / "a.xml")), "There is no test in", id="zero tests"
        ),
        pytest.param(
            lambda folder: str(_cut(folder)), "is no JUnit document", id="truncated in a folder"
        ),
    ],
)
def test_what_is_no_result_is_an_error(tmp_path: Path, make: Any, words: str) -> None:
    with pytest.raises(ReportError, match=words) as error:
        shown(tmp_path, make(tmp_path))
    assert error.value.next_step
    assert not (tmp_path / "target").exists(), "nothing is written that could be taken for a result"


def test_what_a_session_of_ours_had_none_of_is_no_fault(tmp_path: Path) -> None:
    """An empty shard, or a project that lets zero tests pass: `unit` was green."""
    shard = junit(tmp_path / "a.xml", root='session="unit" profile="ci" partition="slice:2/2"')
    doctest = junit(tmp_path / "b.xml", root='session="doctest"')
    outcome, screen = shown(tmp_path, str(shard), str(doctest))
    assert outcome.summary == "no test ran: unit slice:2/2, doctest had none to run"
    assert "0 passed, 0 failed" in screen
    assert "time of tests" not in screen, "no table without a row"
    assert (tmp_path / "target" / "tasker-ci" / "report" / "report.html").is_file()
    junit(tmp_path / "foreign.xml")
    with pytest.raises(ReportError, match="There is no test in"):
        shown(tmp_path, str(shard), "foreign.xml")


@pytest.mark.parametrize(
    ("session", "suite", "again"),
    [
        ("unit", "core", "unit --profile ci --toolchain beta --filter"),
        ("unit", "odd", "unit --toolchain beta"),
        ("unit", "odd::it", "unit --toolchain beta"),
        ("unit", "one::it", "unit --toolchain beta"),
        ("unit", "one::other", "unit --profile ci --toolchain beta --filter"),
        ("unit", "oddity", "unit --profile ci --toolchain beta --filter"),
        ("coverage", "core", "unit --profile ci --toolchain beta --filter"),
        ("coverage", "odd::it", "unit --toolchain beta"),
        ("coverage", "doctests", "doctest --toolchain beta"),
        ("doctest", "doctests", "doctest --toolchain beta"),
        ("examples", "examples", "examples --toolchain beta"),
        ("integration", "core::e2e", "integration --profile ci --toolchain beta --filter"),
    ],
)
def test_a_failure_is_run_again_by_what_ran_it(
    tmp_path: Path, session: str, suite: str, again: str
) -> None:
    root = f'session="{session}" profile="ci" toolchain="beta"'
    file = junit(tmp_path / "a.xml", "t", result="<failure/>", root=root, suite=suite)
    settings = (("unit.cargo-test", "odd,one::it"),)
    given = replace(context(tmp_path), loaded=load_settings(tmp_path, {}, settings))
    outcome = report(given, junit=(str(file),))
    (rerun,) = [each["rerun"] for each in outcome.data["failures"]]
    assert rerun.partition(" '")[0] == f"tasker-ci {again}"


def test_a_setup_script_that_failed_is_no_slow_test_and_runs_again_in_its_shard(
    tmp_path: Path,
) -> None:
    def shard(number: int) -> str:
        root = f'session="unit" profile="ci" partition="slice:{number}/2"'
        script = '<testcase name="db" time="9"><failure message="no"/></testcase>'
        text = f'<testsuite name="@setup-script:db">{script}</testsuite>'
        (tmp_path / f"{number}.xml").write_text(f"<testsuites {root}>{text}</testsuites>", "utf-8")
        return f"{number}.xml"

    outcome, screen = shown(tmp_path, shard(1))
    assert "slowest" not in screen
    again = [each["rerun"] for each in outcome.data["failures"]]
    assert again == ["tasker-ci unit --profile ci --partition slice:1/2"]
    outcome, _ = shown(tmp_path, shard(1), shard(2))
    again = [each["rerun"] for each in outcome.data["failures"]]
    assert again == ["tasker-ci unit --profile ci"] * 2, "it is one of both"


def _cut(folder: Path) -> Path:
    (folder / "a.xml").write_bytes((REPORTS / "nextest.xml").read_bytes()[:4000])
    junit(folder / "b.xml", "b")
    return folder


@pytest.mark.parametrize("word", ["", " ", "beta="])
def test_a_variable_without_a_value_is_not_the_folder_at_hand(tmp_path: Path, word: str) -> None:
    junit(tmp_path / "a.xml", "a")
    with pytest.raises(UsageError, match="--junit takes a file or a folder"):
        shown(tmp_path, word)


@pytest.mark.parametrize("output", ["a.xml", "a.xml/deeper"])
def test_a_file_in_place_of_the_output_is_the_users_to_mend(tmp_path: Path, output: str) -> None:
    junit(tmp_path / "a.xml", "a")
    with pytest.raises(UsageError, match="a file is in its place"):
        shown(tmp_path, "a.xml", output=output)


@pytest.mark.parametrize("name", ["report.html", "junit.xml", "summary.md"])
def test_a_file_of_somebody_else_in_the_output_is_not_replaced(tmp_path: Path, name: str) -> None:
    junit(tmp_path / "a.xml", "a")
    other = tmp_path / "out" / name
    junit(other, "theirs")
    before = other.read_bytes()
    with pytest.raises(UsageError, match="no report of tasker-ci") as caught:
        shown(tmp_path, "a.xml", output="out")
    assert str(other) in caught.value.message
    assert other.read_bytes() == before
    assert [each.name for each in other.parent.iterdir()] == [name]
    other.write_bytes(b"")
    shown(tmp_path, "a.xml", output="out")
    shown(tmp_path, "a.xml", output="out")


class TestAnOutputOutsideOfTheProject:
    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        junit(tmp_path / "project/a.xml", "a")
        return tmp_path / "project"

    def test_a_folder_with_files_of_somebody_else_stays_as_it_is(
        self, project: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / "theirs"
        other.mkdir()
        (other / "a\nfile").touch()
        with pytest.raises(UsageError, match="it holds files that are not ours") as caught:
            shown(project, "a.xml", output=str(other))
        assert "\n" not in caught.value.message
        assert "--output" in caught.value.next_step
        assert [each.name for each in other.iterdir()] == ["a\nfile"]

    def test_one_that_is_new_or_empty_or_has_a_report_is_taken(
        self, project: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "empty").mkdir()
        for name in ("new", "new", "empty", "deep/er"):
            shown(project, "a.xml", output=str(tmp_path / name))
            assert (tmp_path / name / "report.html").is_file()
            (tmp_path / name / "beside.txt").touch()
        shown(project, "a.xml", output="../new")

    @pytest.mark.parametrize("place", ["/", "/etc", "/etc/new", "/proc/new", "/usr/bin/x", "//etc"])
    def test_a_folder_of_the_system_is_refused(self, project: Path, place: str) -> None:
        with pytest.raises(UsageError, match="it belongs to the system"):
            shown(project, "a.xml", output=place)
        assert not Path(place, "report.html").exists()

    def test_so_is_the_home_folder_by_whatever_name(self, project: Path, tmp_path: Path) -> None:
        home = tmp_path / "home"
        home.mkdir()
        (tmp_path / "link").symlink_to(home)
        variables = {"PATH": "/usr/bin:/bin", "HOME": str(home)}
        given = replace(context(project), environment=variables)
        for name in ("home", "link", "link/."):
            place = str(tmp_path / name)
            with pytest.raises(UsageError, match="it is the home folder"):
                report(given, junit=("a.xml",), output=place)
        assert list(home.iterdir()) == []
        report(given, junit=("a.xml",), output=str(home / "reports"))

    def test_a_link_to_the_system_is_one_of_its_folders(
        self, project: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "link").symlink_to("/etc")
        with pytest.raises(UsageError, match="it belongs to the system"):
            shown(project, "a.xml", output=str(tmp_path / "link/new"))


@pytest.mark.parametrize("output", ["out", "out/deeper"])
def test_no_report_goes_through_a_link_of_the_checkout(tmp_path: Path, output: str) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside"
    outside.mkdir()
    junit(project / "a.xml", "a")
    (project / "out").symlink_to(outside)
    with pytest.raises(UnsafePlace, match="out is a link to"):
        shown(project, "a.xml", output=output)
    assert list(outside.iterdir()) == []
    shown(project, "a.xml", output=str(outside / "named"))
    assert (outside / "named/report.html").exists()


def test_the_number_of_runs_is_above_zero(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--last takes a number above 0") as raised:
        trend(context(tmp_path), last=0)
    assert raised.value.next_step == "The default is 30."


def test_a_dry_run_reads_nothing(tmp_path: Path) -> None:
    given = replace(context(tmp_path), dry_run=True)
    assert report(given, junit=("absent.xml",)).status is Status.SKIPPED
    assert trend(given).status is Status.SKIPPED


def record(folder: Path, minute: int, **more: Any) -> None:
    values: dict[str, Any] = {"run": "r", "session": "unit", "seconds": 1.0, "status": "passed"}
    leave(
        Record(started=NOON + timedelta(minutes=minute), **{**values, **more}),
        folder / ".tasker-ci" / "history",
        keep=99,
        maximum_bytes=1 << 20,
    )


def test_without_arguments_the_last_run_is_shown_with_all_of_its_sessions(tmp_path: Path) -> None:
    old, unit, doctest = (str(junit(tmp_path / f"{name}.xml", name)) for name in "abc")
    record(tmp_path, 0, run="old", report=old)
    record(tmp_path, 1, report=unit, commit="0123456789abcdef", branch="main")
    record(tmp_path, 2, report=doctest, session="doctest", commit="0123456789abcdef")
    record(tmp_path, 3, session="fmt", run="later, without tests")
    outcome = report(context(tmp_path))
    assert sorted(Path(each).name for each in outcome.data["reports"]) == ["b.xml", "c.xml"]
    page = Path(outcome.data["page"]).read_text(encoding="utf-8")
    assert "commit 0123456789ab" in page
    assert "doctest" in page


def test_the_last_run_is_found_among_runs_at_once_and_a_long_history(tmp_path: Path) -> None:
    mine, theirs = (str(junit(tmp_path / f"{name}.xml", name)) for name in "ab")
    for minute in range(40):
        record(tmp_path, minute, run=f"old{minute}", report=theirs)
    record(tmp_path, 50, report=mine)
    record(tmp_path, 51, run="at once", report=theirs)
    record(tmp_path, 52, report=mine, session="doctest")
    record(tmp_path, 53, session="ci")
    outcome = report(context(tmp_path))
    assert outcome.data["reports"] == [mine, mine]
    assert "ci" in Path(outcome.data["page"]).read_text(encoding="utf-8")


def test_a_newer_run_that_left_no_report_is_told(tmp_path: Path) -> None:
    record(tmp_path, 0, session="doctest", report=str(junit(tmp_path / "a.xml", "a")))
    record(tmp_path, 1, run="style", session="fmt", status="failed")
    assert "left no report" not in shown(tmp_path)[1], "fmt has no tests"
    record(tmp_path, 2, run="broken", status="failed")
    told = " ".join(shown(tmp_path)[1].split())
    assert "A newer run left no report: unit (failed), begun 2026-11-24 12:02 UTC." in told


def test_without_any_run_or_without_its_report_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="No run with tests is recorded"):
        report(context(tmp_path))
    record(tmp_path, 0, report=str(tmp_path / "gone.xml"))
    with pytest.raises(ReportError, match=r"report of `unit` is no longer at .*gone\.xml"):
        report(context(tmp_path))


def test_our_own_reports_know_how_their_tests_are_run_again(tmp_path: Path) -> None:
    root = 'session="unit" profile="ci" toolchain="beta"'
    junit(tmp_path / "a.xml", "it", result="<failure/>", root=root)
    _, screen = shown(tmp_path, "a.xml")
    assert (
        "again: tasker-ci unit --profile ci --toolchain beta --filter "
        "'binary_id(=s) & test(=it)'" in screen
    )
    assert "failed: s [beta] it" in screen


HOSTILE = "::error::x%0A::stop-commands::y &#10;::warning::z | [a](http://e) &lt;b>"


def test_on_github_names_are_no_commands(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    junit(tmp_path / "a.xml", HOSTILE, result=f'<failure message="{HOSTILE}">{HOSTILE}</failure>')
    given = context(tmp_path, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page))
    report(given, junit=("a.xml",))
    lines = given.printed.splitlines()
    stopped = ""
    commands = []
    for line in lines:
        if line.startswith("::stop-commands::") and not stopped:
            stopped = line.removeprefix("::stop-commands::")
        elif stopped and line == f"::{stopped}::":
            stopped = ""
        elif line.startswith("::") and not stopped:
            commands.append(line)
    assert len(commands) == 1
    assert commands[0].startswith("::error::")
    assert "http://" not in page.read_text(encoding="utf-8")


def test_a_history_of_strangers_draws_nothing_over_the_screen(tmp_path: Path) -> None:
    tests = {("s", "", "\x1b[2J\x1b]0;x\x07 \u202eevil"): ("passed", 1.0)}
    record(tmp_path, 0, tests=tests, branch="\x1b[31m", session="unit")
    given = context(tmp_path)
    trend(given)
    assert "\x1b" not in given.printed
    assert "\u202e" not in given.printed


def test_trend_without_records_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"No data: there is no record in .*\.tasker-ci/history"):
        trend(context(tmp_path))
    with pytest.raises(ReportError, match="There is no folder"):
        trend(context(tmp_path), from_=("absent",))
    record(tmp_path, 0)
    with pytest.raises(ReportError, match="on the branch side"):
        trend(context(tmp_path), branch="side")


def test_trend_with_nothing_but_skipped_sessions_says_so(tmp_path: Path) -> None:
    for minute in range(2):
        record(tmp_path, minute, status="skipped")
    with pytest.raises(
        ReportError, match="No data: there is no record but 2 of skipped sessions in"
    ):
        trend(context(tmp_path))


def test_trend_reads_the_folders_it_is_given_and_compares_the_runs_it_is_told(
    tmp_path: Path,
) -> None:
    for minute, (commit, result) in enumerate(
        [("aaa", "passed"), ("bbb", "failed"), ("ccc", "passed")]
    ):
        tests = {("s", "", "t"): (result, 1.0)}
        record(tmp_path, minute, run=commit, commit=commit, tests=tests, dirty=False)
    folders = (".tasker-ci",)
    outcome = trend(context(tmp_path), from_=folders)
    (found,) = outcome.data["differences"]
    assert (found["base"]["commit"], found["head"]["commit"]) == ("bbb", "ccc")
    assert [each["test"] for each in found["fixed"]] == ["t"]
    told = trend(context(tmp_path), from_=folders, base="aaa", head="bbb")
    (found,) = told.data["differences"]
    assert [each["test"] for each in found["broken"]] == ["t"]
    with pytest.raises(ReportError, match="no two runs of one session fit zzz"):
        trend(context(tmp_path), base="zzz")


def test_a_report_of_a_session_that_was_proven_is_the_old_one_and_says_so(tmp_path: Path) -> None:
    file = junit(tmp_path / "unit.xml", "a", root='session="unit"')
    given = make_context(
        tmp_path, environment={"PATH": "", "TASKER_RUN": "new", "TASKER_RUN_CODE": "{}"}
    )
    by = {"run": "old", "commit": "1a2b3c4", "made": "2026-11-24T12:00:00+00:00"}
    leave_proven(given, "unit", by, str(file))
    outcome, screen = shown(tmp_path)
    told = "its report is of the run old of 1a2b3c4, 2026-11-24T12:00:00+00:00"
    assert told in screen
    assert told in outcome.data["remarks"][0]
    summary = tmp_path / "target" / "tasker-ci" / "report" / "summary.md"
    assert "the run old of 1a2b3c4" in summary.read_text("utf-8")
    with pytest.raises(ReportError, match="No data"):
        trend(given)


def test_the_trend_counts_no_run_that_did_not_take_place(tmp_path: Path) -> None:
    folder = tmp_path / ".tasker-ci" / "history"
    ran = Record(run="old", session="unit", started=NOON, seconds=60, status="passed")
    leave(ran, folder, keep=9, maximum_bytes=10**6)
    proven = replace(ran, run="new", seconds=0, status="proven", proven={"run": "old"})
    leave(proven, folder, keep=9, maximum_bytes=10**6)
    given = context(tmp_path)
    assert trend(given).data["sessions"][0]["median"] == 60
    assert "1 time a session was proven by an earlier run" in given.printed
