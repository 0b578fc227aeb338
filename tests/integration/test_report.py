"""Reports of real runs: nextest's shards, retries and crashes, two runs at once, every face."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import faces
import pytest

from tasker_ci.sessions.history.record_folder import History

if TYPE_CHECKING:
    from collections.abc import Callable

LIBRARY = """\
//! A library.

/// Adds one.
///
/// ```
/// assert_eq!(sample::add_one(1), 2);
/// ```
#[must_use]
pub fn add_one(number: u32) -> u32 {
    number + 1
}

#[cfg(test)]
mod tests {
    #[test]
    fn passes() {}
    #[test]
    fn sleeps() {
        std::thread::sleep(std::time::Duration::from_millis(120));
    }
    #[test]
    fn is_told() {
        assert!(std::env::var_os("SAMPLE_FAILS").is_none(), "told to | <fail>");
    }
    #[test]
    fn wobbles() {
        let attempt = std::env::var("NEXTEST_ATTEMPT").unwrap_or_default();
        let told = std::env::var_os("SAMPLE_WOBBLES").is_some();
        assert!(!told || attempt != "1", "the first attempt fails");
    }
    #[test]
    #[ignore = "not today"]
    fn rests() {}
}
"""


@pytest.fixture
def project(cargo_workspace: Callable[..., Path], require_tool: Callable[[str], Path]) -> Path:
    """A package with tests of each kind, in a repository of its own."""
    require_tool("cargo-nextest")
    require_tool("git")
    folder = cargo_workspace({"src/lib.rs": LIBRARY, ".gitignore": "target/\nCargo.lock\n"})
    for words in (
        ("init", "-q", "-b", "main"),
        ("add", "."),
        ("-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "one"),
    ):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return folder


def console(project: Path, *words: str, **environment: str) -> faces.Ended:
    return faces.run(["tasker-ci", *words], project, faces.clean_environment(**environment))


def document(ended: faces.Ended) -> Any:
    return json.loads(ended.stdout)


def test_a_run_leaves_its_record_and_report_shows_it(project: Path) -> None:
    assert console(project, "unit").exit_code == 0
    (record,) = History(folders=(project / ".tasker-ci" / "history",)).records()
    assert {name: status for (_, _, name), (status, _) in record.tests.items()} == {
        "tests::passes": "passed",
        "tests::sleeps": "passed",
        "tests::is_told": "passed",
        "tests::wobbles": "passed",
        "tests::rests": "skipped",
    }
    assert record.tests["sample", "", "tests::sleeps"][1] >= 0.12
    assert record.seconds >= (record.test_seconds or 0) + (record.build_seconds or 0)
    head = ["git", "-C", str(project), "rev-parse", "HEAD"]
    assert record.commit == subprocess.check_output(head, text=True).strip()
    assert not record.dirty
    status = ["git", "-C", str(project), "status", "--porcelain"]
    assert subprocess.check_output(status, text=True) == ""
    shown = console(project, "report", "--json")
    data = document(shown)
    assert shown.exit_code == 0
    assert (data["passed"], data["failed"], data["skipped"]) == (4, 0, 1)
    assert data["slowest"][0]["test"] == "tests::sleeps"
    assert f"commit {record.commit[:12]} on main" in Path(data["page"]).read_text("utf-8")


def test_every_number_is_that_of_nextests_own_file(project: Path) -> None:
    ran = console(project, "unit", "--no-fail-fast", SAMPLE_FAILS="1")
    assert ran.exit_code == 100
    root = ET.fromstring((project / "target/nextest/default/junit.xml").read_bytes())
    data = document(console(project, "report", "--json"))
    assert data["executions"] == len(root.findall(".//testcase")) - data["skipped"]
    assert data["failed"] == len(root.findall(".//failure")) == 1
    assert data["skipped"] == len(root.findall(".//skipped"))
    assert data["wall_seconds"] == pytest.approx(float(root.get("time", "")), abs=0.001)
    (failure,) = data["failures"]
    assert failure["reason"] == "told to | <fail>"
    assert re.fullmatch(r"src/lib\.rs:\d+:\d+", failure["location"])
    merged = ET.fromstring(Path(data["merged"]).read_bytes())
    assert {each.get("name"): each.get("time") for each in merged.iter("testcase")}.keys() == {
        each.get("name") for each in root.iter("testcase")
    }
    again = faces.run(
        ["bash", "-c", failure["rerun"]], project, faces.clean_environment(SAMPLE_FAILS="1")
    )
    assert again.exit_code == 100
    assert "1 of 1 test failed" in again.text


def test_on_github_a_failure_is_annotated_at_the_line_of_its_panic(
    project: Path, tmp_path: Path
) -> None:
    console(project, "unit", "--no-fail-fast", SAMPLE_FAILS="1")
    page = tmp_path / "page.md"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
    ended = console(project, "report", **github, GITHUB_WORKSPACE=str(project))
    line = LIBRARY[: LIBRARY.index("told to | <fail>")].count("\n") + 1
    assert f"::error file=src/lib.rs,line={line}::tests::is_told: told to | <fail>" in ended.text
    assert "told to \\| &lt;fail&gt;" in page.read_text(encoding="utf-8")


def test_sessions_of_one_process_are_one_run(
    project: Path, run_face: Callable[..., faces.Ended]
) -> None:
    assert run_face("invoke", "unit", "doctest", cwd=project).exit_code == 0
    data = document(console(project, "report", "--json"))
    assert (len(data["reports"]), data["passed"]) == (2, 5)


def test_shards_together_are_the_whole(project: Path) -> None:
    whole = document(console(project, "unit", "--json"))
    for shard in ("slice:1/2", "slice:2/2"):
        assert console(project, "unit", "--partition", shard).exit_code == 0
    reports = project / "target" / "tasker-ci" / "reports"
    files = sorted(reports.glob("*slice*.xml"))
    assert len(files) == 2
    words = [word for file in files for word in ("--junit", str(file))]
    data = document(console(project, "report", *words, "--json"))
    assert {key: data[key] for key in ("passed", "failed", "skipped")} == {
        key: whole[key] for key in ("passed", "failed", "skipped")
    }


def test_retries_are_flaky_in_the_report_and_in_the_history(project: Path) -> None:
    ran = console(project, "unit", "--", "--retries", "2", SAMPLE_WOBBLES="1")
    assert ran.exit_code == 0, ran.text
    data = document(console(project, "report", "--json"))
    assert [each["test"] for each in data["flaky"]] == ["tests::wobbles"]
    assert data["executions"] == 5
    trend = document(console(project, "trend", "--json"))
    (flaky,) = trend["flaky"]
    assert (flaky["test"], flaky["passed_on_retry"], flaky["runs"]) == ("tests::wobbles", 1, 1)


@pytest.mark.parametrize("face", faces.FACES)
def test_trend_is_a_session_in_every_face(
    project: Path, run_face: Callable[..., faces.Ended], face: str
) -> None:
    for fails in ({}, {"SAMPLE_FAILS": "1"}):
        console(project, "unit", "--no-fail-fast", **fails)
    ended = run_face(face, "trend", "--last", "5", cwd=project)
    assert ended.exit_code == 0, ended.text
    assert "1 broken" in ended.text
    assert "sample tests::is_told" in ended.text
    assert "1 of 2" in ended.text


@pytest.mark.parametrize(
    ("face", "exit_code", "line"),
    [
        ("nox", 1, "nox -s trend"),
        ("invoke", 2, "invoke trend"),
        ("tasker-ci", 2, "tasker-ci trend"),
    ],
)
@pytest.mark.parametrize("words", [("trend",), ("--json", "trend"), ("trend", "--last", "5")])
def test_the_old_spelling_of_trend_names_the_new_one(
    project: Path,
    run_face: Callable[..., faces.Ended],
    face: str,
    exit_code: int,
    line: str,
    words: tuple[str, ...],
) -> None:
    ended = run_face(face, "report", *words, cwd=project)
    assert ended.exit_code == exit_code, ended.text  # nox knows no other code than 1
    assert "`report trend` is now the session `trend`." in ended.text
    assert line in ended.text
    assert "exit code 2" in ended.text or exit_code


def test_a_renamed_a_mended_and_a_new_test_are_told_apart(project: Path) -> None:
    console(project, "unit", "--no-fail-fast", SAMPLE_FAILS="1")
    library = project / "src" / "lib.rs"
    library.write_text(LIBRARY.replace("fn passes", "fn still_passes"), encoding="utf-8")
    console(project, "unit", "--no-fail-fast")
    (found,) = document(console(project, "trend", "--json"))["differences"]
    names = {
        kind: [each["test"] for each in found[kind]] for kind in ("new", "gone", "fixed", "broken")
    }
    assert names == {
        "new": ["tests::still_passes"],
        "gone": ["tests::passes"],
        "fixed": ["tests::is_told"],
        "broken": [],
    }


def test_the_sessions_of_a_pipeline_are_one_run(project: Path) -> None:
    ended = console(project, "ci", TASKER_CI_AUDIT_REQUIRE_DATABASE="false")
    records = list(History(folders=(project / ".tasker-ci" / "history",)).records())
    assert len({record.run for record in records}) == 1, ended.text
    assert {record.session for record in records} >= {"ci", "clippy", "doc", "unit", "doctest"}
    data = document(console(project, "report", "--json"))
    assert [Path(each).name.partition(".")[0] for each in sorted(data["reports"])] == [
        "doctest",
        "unit",
    ]
    assert data["passed"] == 5


def test_runs_at_once_leave_a_whole_record_each(project: Path) -> None:
    console(project, "unit")
    with ThreadPoolExecutor(2) as threads:
        ended = list(threads.map(lambda words: console(project, *words), [("unit",), ("doctest",)]))
    assert [each.exit_code for each in ended] == [0, 0]
    found = History(folders=(project / ".tasker-ci" / "history",))
    assert sorted(record.session for record in found.records()) == ["doctest", "unit", "unit"]
    assert found.problems == []


def test_a_build_that_fails_is_a_failed_run_without_tests(project: Path) -> None:
    (project / "src" / "lib.rs").write_text("not rust", encoding="utf-8")
    assert console(project, "unit").exit_code == 101
    (record,) = History(folders=(project / ".tasker-ci" / "history",)).records()
    assert (record.status, record.exit_code, record.tests, record.dirty) == (
        "failed",
        101,
        {},
        True,
    )
    shown = console(project, "report")
    assert shown.exit_code == 1
    assert "No run with tests is recorded" in shown.text


def test_pytests_file_of_now(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('value', ['|', '<b>', '::error::'])\n"
        "def test_one(value):\n    assert value == '|'\n",
        encoding="utf-8",
    )
    words = ["-m", "pytest", "-q", "--junitxml=junit.xml", "-p", "no:cacheprovider"]
    subprocess.run(
        [sys.executable, *words],
        cwd=tmp_path,
        env=faces.clean_environment(),  # without the options of the pytest that runs this
        capture_output=True,
        check=False,
    )
    data = document(console(tmp_path, "report", "--junit", "junit.xml", "--json"))
    assert (data["passed"], data["failed"]) == (1, 2)
    assert {each["location"] for each in data["failures"]} == {"test_some.py:4:1"}


def test_ten_thousand_tests_leave_a_usable_page(tmp_path: Path) -> None:
    cases = "".join(f'<testcase name="t{place}" time="0.01"/>' for place in range(10_000))
    text = f'<testsuites><testsuite name="s">{cases}</testsuite></testsuites>'
    (tmp_path / "a.xml").write_text(text, encoding="utf-8")
    data = document(console(tmp_path, "report", "--junit", "a.xml", "--json"))
    assert data["passed"] == 10_000
    assert Path(data["page"]).stat().st_size < 1_000_000
