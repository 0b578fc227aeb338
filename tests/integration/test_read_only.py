"""A checkout that cannot be written, with the target directory elsewhere: everything real."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., faces.Ended]

FILES = {
    "Cargo.toml": workspaces.manifest("sample", '\n[[bench]]\nname = "b"\nharness = false\n'),
    "src/lib.rs": "//! L.\n\n/// F.\n///\n/// ```\n/// sample::f();\n/// ```\npub fn f() {}\n\n"
    "#[test]\nfn t() {}\n",
    "src/bin/serve.rs": "//! B.\nfn main() {\n"
    "    std::thread::sleep(std::time::Duration::from_secs(60));\n}\n",
    "tests/e2e.rs": "//! T.\n\n#[test]\nfn t() {}\n",
    "examples/say.rs": '//! E.\nfn main() {\n    println!("said");\n}\n',
    "benches/b.rs": "//! B.\nfn main() {\n"
    '    println!("test b ... bench: 10 ns/iter (+/- 1)");\n}\n',
}
SETTINGS = """
[examples.run.say]
output = ["said"]
[integration]
targets = ["sample::e2e"]
stack = "native"
[integration.services.serve]
port = 0
command = ["{binaries}/serve"]
"""
CLOSED = {
    "mount": 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && shift && "$@"',
    "permission": 'chmod -R a-w "$1" && cd "$1" && shift && exec setpriv '
    "--bounding-set=-dac_override,-dac_read_search,-fowner "
    '--inh-caps=-dac_override,-dac_read_search,-fowner "$@"',
}
"""A mount that is read-only, and a user who has no permission: root without its privileges."""


@pytest.fixture(params=sorted(CLOSED))
def closed(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    require_root: None,
    require_tool: Callable[[str], Path],
) -> Run:
    """Run a session in a project that cannot be written; cargo builds in ``tmp_path/target``."""
    for program in ("unshare", "setpriv"):
        require_tool(program)

    def run(project: Path, *words: str, **environment: str) -> faces.Ended:
        given = faces.clean_environment(CARGO_TARGET_DIR=str(tmp_path / "target"), **environment)
        script = CLOSED[request.param]
        program = shutil.which(words[0], path=given["PATH"])
        command = ["unshare", "-m", "bash", "-c", script, "bash", str(project), str(program)]
        return faces.run([*command, *words[1:]], project, given)

    return run


@pytest.fixture
def project(cargo_workspace: Callable[..., Path]) -> Path:
    folder = cargo_workspace(FILES, settings=SETTINGS)
    subprocess.run(["cargo", "generate-lockfile", "--quiet"], cwd=folder, check=True)
    return folder


def files_of(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*")}


def test_every_session_keeps_its_things_with_the_target_directory(
    project: Path, tmp_path: Path, closed: Run
) -> None:
    before = files_of(project)
    sessions = ("fmt", "clippy", "doc", "unit", "doctest", "examples", "integration", "inventory")
    for session in sessions:
        ended = closed(project, "tasker-ci", session)
        assert ended.exit_code == 0, f"{session}: {ended.text}"
        assert "note: nextest cannot list" not in ended.text
        assert ended.text.count("history cannot be written; the record of this run is in") == 1
    kept = tmp_path / "target" / "tasker-ci"
    assert (kept / "reports" / "unit.default.xml").is_file()
    assert (tmp_path / "target" / "nextest" / "default" / "junit.xml").is_file()
    assert len(list((kept / "history").glob("*.json.gz"))) == len(sessions)
    report = closed(project, "tasker-ci", "report")
    assert "report: 1 passed" in report.text
    assert (kept / "report" / "report.html").is_file()
    trend = closed(project, "tasker-ci", "trend")
    assert trend.exit_code == 0, trend.text
    assert files_of(project) == before


def test_nox_and_invoke_too(project: Path, closed: Run) -> None:
    for words in (("nox", "-s", "unit"), ("invoke", "unit")):
        ended = closed(project, *words)
        assert ended.exit_code == 0, ended.text
        assert "unit: 1 passed" in ended.text


def test_results_of_benchmarks_are_kept_and_compared(
    project: Path, tmp_path: Path, closed: Run
) -> None:
    first = closed(project, "tasker-ci", "bench", "--rounds", "1")
    assert first.exit_code == 0, first.text
    assert "bench cannot be written; results are kept in" in first.text
    kept = list((tmp_path / "target" / "tasker-ci" / "bench-results").glob("*.json"))
    assert len(kept) == 1
    second = closed(project, "tasker-ci", "bench", "--rounds", "1")
    assert "no difference" in second.text


def test_without_a_lock_file_the_cause_is_said_once(project: Path, closed: Run) -> None:
    (project / "Cargo.lock").unlink()
    for session in ("unit", "clippy", "doctest"):
        ended = closed(project, "tasker-ci", session)
        assert ended.exit_code not in {0, 2, 3}, ended.text
        assert ended.text.count("error: Cargo.lock is missing or out of date, and") == 1
        assert "cargo generate-lockfile" in ended.text
        assert "Clippy found something" not in ended.text


@pytest.mark.usefixtures("with_nextest")
def test_the_store_of_the_project_stays_where_the_project_wants_it(
    cargo_workspace: Callable[..., Path], tmp_path: Path, run_face: Callable[..., faces.Ended]
) -> None:
    """nextest's own setting says where; only its default goes with the target directory."""
    files = {**FILES, ".config/nextest.toml": '[store]\ndir = "mine"\n'}
    project = cargo_workspace(files)
    ended = run_face("tasker-ci", "unit", cwd=project, CARGO_TARGET_DIR=str(tmp_path / "t"))
    assert ended.exit_code == 0, ended.text
    assert (project / "mine" / "default" / "junit.xml").is_file()
    assert not (project / "target").exists()


def test_where_cargo_builds_in_the_usual_place_nothing_is_handed_over(
    cargo_workspace: Callable[..., Path], run_face: Callable[..., faces.Ended]
) -> None:
    project = cargo_workspace(FILES)
    ended = run_face("tasker-ci", "unit", "--dry-run", cwd=project)
    assert "tasker-ci-store" not in ended.text
    elsewhere = run_face("tasker-ci", "unit", "--dry-run", cwd=project, CARGO_TARGET_DIR="/x y")
    line = next(line for line in elsewhere.text.splitlines() if "cargo nextest" in line)
    assert "tasker-ci-store:/x y/tasker-ci/nextest.toml" in shlex.split(line)
