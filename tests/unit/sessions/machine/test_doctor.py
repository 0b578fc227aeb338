"""The doctor's checks, one by one; what needs a real workspace is in integration/test_doctor.py."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tool_parts import HAMMER, examine

from tasker_ci.process.command import Completed
from tasker_ci.rust.workspace import Package, Workspace
from tasker_ci.sessions.machine.diagnosis.machine import (
    available_memory,
    check_access,
    check_disk,
    check_memory,
)
from tasker_ci.sessions.machine.diagnosis.rust import (
    check_compiler,
    check_programs,
    check_workspace,
    programs_of,
)
from tasker_ci.sessions.machine.diagnosis.tools import check_installers, check_sccache, check_tool
from tasker_ci.tools.examination import FindingState, reason
from tasker_ci.tools.pins import pinned_tools

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tasker_ci.tools.examination import Finding

GIB = 1024**3


def by_check(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


def test_without_rust_the_programs_are_broken_and_rustup_is_the_way_out(tmp_path: Path) -> None:
    findings = by_check(check_programs(examine(tmp_path)))

    assert findings["cargo"].state is FindingState.BROKEN
    assert findings["rustc"].state is FindingState.BROKEN
    assert findings["rustup"].state is FindingState.NOTE
    assert "https://sh.rustup.rs" in findings["cargo"].fix


@pytest.mark.parametrize(
    ("wish", "state"),
    [("", "ok"), ("1.85", "ok"), ("1.95", "ok"), ("1.95.1", "BROKEN"), ("1.100", "BROKEN")],
)
def test_the_compiler_must_be_as_new_as_a_package_asks(
    tmp_path: Path, wish: str, state: str
) -> None:
    scripts = ("rustc", "echo 'rustc 1.95.0 (59807616e 2026-04-14)'"), ("rustup", "")
    (tmp_path / "rust-toolchain").write_text("1.95.0\n", encoding="utf-8")
    programs = programs_of(examine(tmp_path, *scripts))
    package = Package(
        name="anvil",
        version="0.1.0",
        manifest=tmp_path / "Cargo.toml",
        targets=(),
        rust_version=wish,
    )
    workspace = Workspace(root=tmp_path, target_directory=tmp_path, packages=(package,))

    finding = check_compiler(programs, workspace)

    assert finding.state == state
    if state == "BROKEN":
        chosen = f"({tmp_path / 'rust-toolchain'})"
        assert f"Rust 1.95.0 {chosen} is too old: anvil needs {wish}" in finding.found
        assert f"rustup toolchain install {wish}" in finding.fix


def metadata(folder: Path, *, dependency: Path) -> str:
    """A script that answers as `cargo metadata` for a package with a path dependency."""
    package = {
        "name": "anvil",
        "version": "0.1.0",
        "manifest_path": str(folder / "Cargo.toml"),
        "targets": [],
        "dependencies": [{"name": "iron", "path": str(dependency)}],
    }
    document = {
        "workspace_root": str(folder),
        "target_directory": str(folder / "target"),
        "packages": [package],
    }
    return f"echo '{json.dumps(document)}'"


def test_a_folder_that_a_manifest_names_and_nobody_has_is_broken(tmp_path: Path) -> None:
    script = metadata(tmp_path, dependency=tmp_path / "iron")

    workspace, finding = check_workspace(programs_of(examine(tmp_path, ("cargo", script))))

    assert workspace is not None
    assert finding.state is FindingState.BROKEN
    assert f"anvil needs iron, but there is no {tmp_path / 'iron' / 'Cargo.toml'}" in finding.found


def test_a_lock_file_that_cargo_cannot_read_is_broken(tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").touch()
    (tmp_path / "Cargo.lock").touch()
    fails = "echo 'error: failed to parse lock file' >&2; exit 101"
    script = f'case "$1" in pkgid) {fails};; esac; {metadata(tmp_path, dependency=tmp_path)}'

    _, finding = check_workspace(programs_of(examine(tmp_path, ("cargo", script))))

    assert finding.state is FindingState.BROKEN
    assert "cargo cannot read Cargo.lock" in finding.found
    assert "cargo generate-lockfile" in finding.fix


@pytest.mark.parametrize(
    ("version", "state", "found"),
    [
        ("1.2.3", FindingState.OK, "1.2.3 ("),
        ("1.2.2", FindingState.BROKEN, "too old: 1.2.2 instead of 1.2.3"),
        ("1.10.0", FindingState.NOTE, "newer: 1.10.0 instead of 1.2.3"),
    ],
)
def test_a_tool_has_its_version_judged(
    tmp_path: Path, version: str, state: FindingState, found: str
) -> None:
    examination = examine(tmp_path, ("hammer", f"echo hammer {version}"))

    finding = check_tool(examination, HAMMER)

    assert finding.state is state
    assert finding.found.startswith(found)
    assert finding.fix == (None if state is FindingState.OK else "tasker-ci tools --tool hammer")


def test_a_tool_that_does_not_run_here_is_broken(tmp_path: Path) -> None:
    examination = examine(tmp_path, ("hammer", "echo 'GLIBC_2.38 not found' >&2; exit 1"))

    finding = check_tool(examination, HAMMER)

    assert finding.state is FindingState.BROKEN
    assert "GLIBC_2.38 not found" in finding.found


@pytest.mark.parametrize(
    ("environment", "state"), [({}, FindingState.NOTE), ({"CI": "true"}, FindingState.BROKEN)]
)
def test_a_missing_tool_is_broken_only_where_no_session_installs_it(
    tmp_path: Path, environment: dict[str, str], state: FindingState
) -> None:
    finding = check_tool(examine(tmp_path, **environment), HAMMER)

    assert finding.state is state
    assert finding.fix == "tasker-ci tools --tool hammer"


def test_missing_binstall_is_a_note_with_the_pinned_way_to_get_it(tmp_path: Path) -> None:
    finding = by_check(check_installers(examine(tmp_path)))["cargo-binstall"]

    assert finding.state is FindingState.NOTE
    version = pinned_tools()["cargo-binstall"].version
    assert finding.fix == f"cargo install --locked --version {version} cargo-binstall"


def test_a_way_that_the_settings_leave_out_is_not_looked_at(tmp_path: Path) -> None:
    examination = examine(tmp_path, settings='[tools]\norder = ["source"]\n')

    assert list(check_installers(examination)) == []


# sccache. Real servers are in the integration tests; these stand-ins answer as sccache does.

STATISTICS = (
    '{"stats": {"compile_requests": 1, "cache_hits": {"counts": {}}, "cache_misses": '
    '{"counts": {}}, "cache_write_errors": %d}, "cache_location": "Local disk: \\"/c\\""}'
)


def sccache(write_errors: int) -> tuple[str, str]:
    answer = STATISTICS % write_errors
    return "sccache", f"case $1 in rustc) exit 0;; *) echo '{answer}';; esac"


def test_sccache_that_answers_and_stores_is_well(tmp_path: Path) -> None:
    (finding,) = check_sccache(examine(tmp_path, sccache(0)))

    assert (finding.state, finding.found) == (FindingState.OK, "answers; no data so far")


def test_a_cache_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    (finding,) = check_sccache(examine(tmp_path, sccache(7)))

    assert finding.state is FindingState.NOTE
    assert "could not store 7 results" in finding.found


DEAD = ("sccache", "echo 'sccache: error: Server startup failed' >&2; exit 2")


def test_sccache_that_does_not_start_is_a_note_because_sessions_go_on_without(
    tmp_path: Path,
) -> None:
    (finding,) = check_sccache(examine(tmp_path, DEAD, ("rustc", "exit 0")))

    assert finding.state is FindingState.NOTE
    assert "Server startup failed" in finding.found


def test_it_is_broken_where_the_environment_insists_on_it(tmp_path: Path) -> None:
    examination = examine(tmp_path, DEAD, ("rustc", "exit 0"), RUSTC_WRAPPER="/usr/bin/sccache")

    (finding,) = check_sccache(examination)

    assert finding.state is FindingState.BROKEN
    assert finding.fix == "unset RUSTC_WRAPPER"


def test_a_broken_compiler_is_not_blamed_on_sccache(tmp_path: Path) -> None:
    (finding,) = check_sccache(examine(tmp_path, DEAD, ("rustc", "exit 1")))

    assert finding.found == "not checked: rustc itself does not start"


def test_sccache_may_be_switched_off(tmp_path: Path) -> None:
    (finding,) = check_sccache(examine(tmp_path, DEAD, settings='sccache = "off"\n'))

    assert finding.state is FindingState.OK


# Room


@pytest.mark.parametrize(
    ("free", "state"),
    [(80.0, FindingState.OK), (4.9, FindingState.NOTE), (0.9, FindingState.BROKEN)],
)
def test_little_room_on_the_disk(tmp_path: Path, free: float, state: FindingState) -> None:
    (finding,) = check_disk({"the target directory": tmp_path}, lambda _: int(free * GIB))

    assert finding.state is state
    assert f"{free:.1f} GiB free for the target directory" in finding.found


def test_one_file_system_is_one_line_also_for_folders_that_are_not_there_yet(
    tmp_path: Path,
) -> None:
    folders = {"one": tmp_path / "a" / "b", "two": tmp_path / "c"}

    assert len(list(check_disk(folders))) == 1


def test_a_folder_that_this_user_may_not_write_is_named(tmp_path: Path) -> None:
    folders = {"the target directory": tmp_path / "target", "cargo's own files": tmp_path}
    assert list(check_access(folders)) == []

    first, second = check_access(folders, lambda _: False)
    assert first.state is second.state is FindingState.BROKEN
    assert f"may not write the target directory ({tmp_path / 'target'})" in first.found
    assert "CARGO_TARGET_DIR" in first.fix
    assert f"cargo's own files ({tmp_path})" in second.found


@pytest.mark.parametrize(
    ("available", "state"),
    [(16.0, FindingState.OK), (1.9, FindingState.NOTE), (0.4, FindingState.BROKEN)],
)
def test_little_room_in_memory(available: float, state: FindingState) -> None:
    assert check_memory(int(available * GIB)).state is state


def test_the_limit_of_a_container_counts(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text(f"{1024**2}\n")
    (tmp_path / "memory.current").write_text(f"{1024**2 - 5}\n")

    assert available_memory(tmp_path) == 5


def test_a_container_without_a_limit_has_the_machines_memory(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("5\n")

    assert available_memory(tmp_path) > 5


def test_a_reason_is_shown_without_backtrace_and_cut_where_it_is_long() -> None:
    text = "error: no\n\nhelp: try\n\nStack backtrace:\n   0: anyhow\n"
    assert reason(Completed(exit_code=1, seconds=0, stderr=text)) == "error: no\nhelp: try"

    long = "\n".join(map(str, range(20)))
    assert reason(Completed(exit_code=1, seconds=0, stderr=long)).splitlines()[-2:] == ["7", "…"]

    assert reason(Completed(exit_code=9, seconds=0)) == "exit code 9, no reason given"
