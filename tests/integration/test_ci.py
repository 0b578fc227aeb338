"""The whole pipeline on a real workspace: order, overlap, failures, signals, the terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faces
import pytest
import workspaces

from tasker_ci.pipeline import steps
from tasker_ci.sessions import ROWS, SESSIONS, STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

pytestmark = pytest.mark.usefixtures("tools")

NAMES = [
    step.session
    for step in steps(SESSIONS, STAGES)
    if step.session in ROWS.default and step.session != "integration"
    if SESSIONS[step.session].only_where is None
]
"""The pipeline of a workspace whose settings name neither end-to-end tests nor optional stages."""

PATIENCE_SECONDS = 120
"""For a busy machine; nothing here is judged by how long it takes."""

DATABASE = Path(__file__).parents[1] / "resources" / "audit" / "database"

FILES = {
    "src/lib.rs": workspaces.CLEAN_LIBRARY.replace(
        "#[must_use]", "///\n/// ```\n/// assert_eq!(sample::add_one(1), 2);\n/// ```\n#[must_use]"
    ),
    "examples/shown.rs": "//! An example.\n\nfn main() {}\n",
    "tests/it.rs": (
        "//! A test.\n\n#[test]\nfn passes() {\n    assert_eq!(sample::add_one(1), 2);\n}\n"
    ),
}

BADLY_FORMATTED = "//! A library.\n\n#[must_use]\n  pub fn one() -> u32 { 1 }\n"

LINTED = """\
//! A library.

/// Says yes.
#[must_use]
pub fn yes() -> bool {
    let answer = true;
    return answer;
}
"""

LINGERING = """\
//! A test.

#[test]
fn lingers() {
    if let Some(file) = std::env::var_os("TASKER_TESTS_READY") {
        std::fs::write(file, "").unwrap();
        std::thread::sleep(std::time::Duration::from_secs(600));
    }
}
"""

MEETING = """\
//! Two builds of this wait for each other.

fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mine, other) = if out.contains("check") {
        ("check", "build")
    } else {
        ("build", "check")
    };
    std::fs::write(folder.join(mine), "").unwrap();
    for _ in 0..1000 {
        if folder.join(other).exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("what only checks does not run beside this one");
}
"""


@pytest.fixture
def tools(require_tool: Callable[[str], Path]) -> None:
    for name in ("cargo", "cargo-nextest", "cargo-audit"):
        require_tool(name)


def variables(**more: str) -> dict[str, str]:
    """A clean environment with a database for `audit`, which has its own tests."""
    return faces.clean_environment(**{"TASKER_CI_AUDIT_DATABASE": str(DATABASE), **more})


def ci(project: Path, *words: str, **environment: str) -> tuple[int, dict[str, Any], str]:
    """Run `tasker-ci ci --json`: its exit code, the document, and what people saw."""
    ended = faces.run(["tasker-ci", "ci", "--json", *words], project, variables(**environment))
    return ended.exit_code, json.loads(ended.stdout), ended.stderr


def by_name(data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["session"]: each for each in data["sessions"]}


def table(text: str) -> dict[str, str]:
    """The rows at the end, by session."""
    lines = text[text.rindex("  session  ") :].splitlines()[2:]
    return {line.split()[0]: " ".join(line.split()[1:]) for line in lines if line.strip()}


def test_all_sessions_run_and_no_noxfile_is_needed(cargo_workspace: Callable[..., Path]) -> None:
    project = cargo_workspace(FILES)
    (project / "noxfile.py").unlink()
    (project / "tasks.py").unlink()
    exit_code, data, text = ci(project)
    assert (exit_code, data["status"]) == (0, "passed")
    assert data["summary"] == f"{len(NAMES)} sessions passed"
    assert [each["session"] for each in data["sessions"]] == NAMES
    assert all(each["seconds"] > 0 for each in data["sessions"])
    assert data["sccache"] == {"used": False}
    assert set(NAMES) <= table(text).keys()
    assert "Compiling" not in text, "a good session is short"


def test_in_two_directories_the_families_run_side_by_side_and_compile_in_order(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace({**FILES, "build.rs": MEETING})
    exit_code, _, text = ci(project, "--set", "check-directory=apart")
    assert exit_code == 0, text
    lines = [line.split(" in ")[0] for line in text.splitlines()]
    assert lines.index("clippy: started") < lines.index("unit: passed")
    assert lines.index("unit: started") < lines.index("clippy: passed")
    assert lines.index("clippy: started") < lines.index("doc: started")
    assert lines.index("unit: started") < lines.index("doctest: started")


def test_in_one_directory_what_builds_compiles_first(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(FILES)
    exit_code, _, text = ci(project, "--set", "check-directory=shared")
    assert exit_code == 0, text
    lines = [line.split(" in ")[0] for line in text.splitlines()]
    started = [f"{name}: started" for name in ("unit", "doctest", "clippy", "doc")]
    assert sorted(started, key=lines.index) == started
    assert (project / "target" / "doc").is_dir()
    assert not (project / "target" / "tasker-ci" / "check").exists()


@pytest.mark.parametrize("face", faces.FACES)
def test_a_failed_session_is_shown_whole_and_the_others_run_on(
    cargo_workspace: Callable[..., Path], face: str
) -> None:
    project = cargo_workspace(
        {
            "src/lib.rs": LINTED,
            "examples/shown.rs": FILES["examples/shown.rs"],
            "tests/it.rs": FILES["tests/it.rs"].replace("sample::add_one(1), 2", "1, 1"),
        }
    )
    ended = faces.run(faces.command_line(face, "ci"), project, variables())
    assert ended.exit_code == (1 if face == "nox" else 101)
    assert "its output:\n+ cargo clippy" in ended.text
    assert "unneeded `return` statement" in ended.text
    rows = table(ended.text)
    assert rows["clippy"].startswith("FAILED")
    assert {name for name in NAMES if rows[name].startswith("passed")} == set(NAMES) - {"clippy"}
    assert re.search("clippy, next: .*clippy.*--fix applies what clippy can fix", ended.text)
    assert "clippy failed." in ended.text
    if face == "nox":
        assert "[exit code 101]" in ended.text


def test_with_fail_fast_the_first_failure_stops_what_runs(
    cargo_workspace: Callable[..., Path], tmp_path: Path
) -> None:
    project = cargo_workspace(
        {
            "src/lib.rs": BADLY_FORMATTED,
            "tests/it.rs": LINGERING,
        }
    )
    name = uuid.uuid4().hex
    exit_code, data, text = ci(
        project, "--fail-fast", **{faces.MARK: name, "TASKER_TESTS_READY": str(tmp_path / "ready")}
    )
    assert exit_code == 1, text
    results = by_name(data)
    assert results["fmt"]["status"] == "failed"
    assert results["unit"]["status"] == "stopped"
    assert results["doctest"]["status"] == "not run"
    assert data["summary"] == "fmt failed."
    assert faces.processes_of(name) == {}


def test_a_dry_run_prints_every_command_and_starts_nothing(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(FILES)
    exit_code, data, text = ci(project, "--dry-run")
    assert (exit_code, data["status"]) == (0, "skipped")
    assert list(by_name(data)) == NAMES
    argv = {each["session"]: each["commands"][0]["argv"][:2] for each in data["sessions"]}
    assert argv["fmt"] == ["cargo", "fmt"]
    assert argv["unit"] == ["cargo", "nextest"]
    assert text.count("+ cargo ") == len(NAMES)
    assert not (project / "target").exists()
    assert not (project / "Cargo.lock").exists()


def test_without_an_advisory_database_it_is_not_checked_and_under_ci_it_is_red(
    cargo_workspace: Callable[..., Path], tmp_path: Path
) -> None:
    project = cargo_workspace(FILES)
    unreachable = {
        "TASKER_CI_AUDIT_DATABASE": "",
        "TASKER_CI_AUDIT_FETCH_ATTEMPTS": "1",
        "CARGO_HOME": str(tmp_path / "cargo home"),
        "HTTPS_PROXY": "http://127.0.0.1:1",
    }
    exit_code, data, text = ci(project, **unreachable)
    assert exit_code == 0
    assert data["summary"] == f"{len(NAMES) - 1} sessions passed; NOT CHECKED: audit"
    assert table(text)["audit"].startswith("NOT CHECKED")
    exit_code, data, _ = ci(project, CI="true", **unreachable)
    assert exit_code != 0
    assert by_name(data)["audit"]["status"] == "failed"
    assert data["summary"] == "audit failed."


def test_nothing_of_the_users_folder_takes_the_place_of_a_module(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace({**FILES, "invoke.py": "raise SystemExit(9)\n"})
    assert ci(project)[0] == 0


def test_bare_nox_runs_the_sessions_of_ci_once_each(cargo_workspace: Callable[..., Path]) -> None:
    ended = faces.run(["nox", "--json", "-l"], cargo_workspace(FILES))
    listed = [each["session"] for each in json.loads(ended.stdout)]
    others = {name for name in ROWS.default if SESSIONS[name].only_where or name == "integration"}
    assert [name for name in listed if name not in others] == NAMES
    assert set(listed) == {*NAMES, *others}
    assert len(listed) == len(set(listed))


@pytest.fixture(scope="module")
def lingering(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose unit test lingers where it is asked to, built before."""
    project = workspaces.write_project(
        tmp_path_factory.mktemp("lingering"), {**FILES, "tests/it.rs": LINGERING}
    )
    assert ci(project)[0] == 0
    return project


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("face", faces.FACES)
def test_a_signal_ends_all_sessions_and_still_prints_the_table(
    lingering: Path, tmp_path: Path, face: str, number: signal.Signals
) -> None:
    name, ready = uuid.uuid4().hex, tmp_path / "ready"
    process = subprocess.Popen(
        faces.command_line(face, "ci"),
        cwd=lingering,
        env=variables(**{faces.MARK: name, "TASKER_TESTS_READY": str(ready)}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not ready.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        text, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 128 + number, text
        assert faces.processes_of(name) == {}
        rows = table(text)
        assert rows["unit"].startswith("STOPPED")
        assert rows["doctest"].startswith(("STOPPED", "NOT RUN"))
        assert "Interrupted by" in text
    finally:
        for pid in faces.processes_of(name):
            os.kill(pid, signal.SIGKILL)
        process.communicate()


def test_on_github_the_page_has_each_sessions_part_and_the_table(
    cargo_workspace: Callable[..., Path], tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    project = cargo_workspace(
        {**FILES, "tests/it.rs": '//! A test.\n\n#[test]\nfn fails() {\n    panic!("a | b");\n}\n'}
    )
    argv = ["tasker-ci", "ci"]
    ended = faces.run(
        argv,
        project,
        variables(GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page), NO_COLOR="1"),
    )
    assert ended.exit_code == 100
    assert "::error file=tests/it.rs,line=5::fails: a | b" in ended.stdout.splitlines()
    text = page.read_text(encoding="utf-8")
    assert "### unit (profile default)" in text
    assert "### ci" in text
