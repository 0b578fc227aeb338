"""Tests in quarantine with real cargo and cargo-nextest: what is red, shown and counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faces
import pytest

from tasker_ci.reports.junit import read_junit

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("nextest")

TESTS = """\
fn asked(name: &str) -> bool {
    std::env::var("WRONG").is_ok_and(|names| names.split(',').any(|each| each == name))
}

#[test]
fn good() {
    assert!(!asked("good"), "good is red");
}

#[test]
fn held() {
    assert!(!asked("held"), "held is shaky");
}

#[test]
fn hangs() {
    if asked("hangs") {
        std::thread::sleep(std::time::Duration::from_secs(300));
    }
}
"""
NEXTEST = (
    '[profile.default]\nfail-fast = true\nslow-timeout = { period = "1s", terminate-after = 1 }\n'
)


@pytest.fixture
def nextest(require_tool: Callable[[str], Path]) -> None:
    require_tool("cargo")
    require_tool("cargo-nextest")


def entry(test: str, review: str = "2999-01-01") -> str:
    return f"[[unit.quarantine]]\ntest = '{test}'\nreason = 'races'\nreview = {review}\n"


@pytest.fixture
def project(cargo_workspace: Callable[..., Path]) -> Path:
    files = {"tests/it.rs": TESTS, ".config/nextest.toml": NEXTEST}
    return cargo_workspace(files, settings=entry("test(=held)") + entry("test(=hangs)"))


def run(project: Path, session: str, *words: str, wrong: str = "") -> tuple[int, Any, str]:
    environment = faces.clean_environment(WRONG=wrong)
    ended = faces.run(["tasker-ci", session, "--json", *words], project, environment)
    return ended.exit_code, json.loads(ended.stdout), ended.stderr


def test_a_failure_in_quarantine_is_shown_counted_kept_and_not_red(project: Path) -> None:
    code, data, text = run(project, "unit", wrong="held")
    assert code == 0, text
    assert "1 of 2 in quarantine failed" in data["summary"]
    assert (data["failed"], data["in_quarantine"]) == (0, 2)
    (held,) = data["quarantined"]
    assert held["test"] == "held"
    assert held["quarantine"].startswith("races (review 2999-01-01, .config/tasker-ci.toml:")
    assert "failed in quarantine: sample::it held" in text
    report = Path(data["report"])
    assert "held is shaky" in report.read_text("utf-8")
    assert read_junit(report).count("quarantined") == 1


def test_what_is_not_named_and_what_hangs_is_red(project: Path) -> None:
    code, data, _ = run(project, "unit", wrong="good,held")
    assert (code, [each["test"] for each in data["failures"]]) == (100, ["good"])
    code, data, text = run(project, "unit", wrong="hangs")
    assert (code, [each["test"] for each in data["failures"]]) == (100, ["hangs"]), text


def test_a_part_of_the_workspace_may_have_none_or_nothing_else(project: Path) -> None:
    code, data, text = run(project, "unit", "--filter", "test(=held)", wrong="held")
    assert (code, data["in_quarantine"]) == (0, 1), text
    shards = [run(project, "unit", "--partition", f"slice:{n}/2", wrong="held") for n in (1, 2)]
    assert [code for code, _, _ in shards] == [0, 0]
    assert sum(data["in_quarantine"] for _, data, _ in shards) == 2
    code, data, text = run(project, "unit", "--filter", "test(=nowhere)")
    assert code == 4, text


def test_past_its_review_it_is_red_and_what_matches_nothing_is_an_error(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace({"tests/it.rs": TESTS}, settings=entry("test(=held)", "2020-01-01"))
    code, _, text = run(project, "unit", wrong="held")
    assert code == 100
    assert "ended on 2020-01-01" in text
    settings = project / ".config/tasker-ci.toml"
    for test, said in (("test(=gone)", "matches no test"), ("test(=held", "nextest refuses")):
        settings.write_text(entry(test), "utf-8")
        code, _, text = run(project, "unit")
        assert code == 2, text
        assert ".config/tasker-ci.toml:1: " in text
        assert said in text


def test_a_run_green_by_quarantine_proves_nothing(project: Path) -> None:
    words = ("--set", "proven.sessions=['unit']")
    for proven in (False, False):
        _, data, text = run(project, "ci", *words, wrong="held")
        rows = {each["session"]: each for each in data["sessions"]}
        assert rows["unit"]["status"] == "passed", text
        assert "1 of 2 in quarantine failed" in rows["unit"]["summary"]
        assert "unit proves nothing: some of it was quarantined" in text, proven
