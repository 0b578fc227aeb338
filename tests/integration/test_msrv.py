"""`msrv` with real cargo and rustup: a toolchain of an older name is a link to the one here."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable

TOP = """\
[workspace]
members = ["old", "new", "free"]
resolver = "3"

[workspace.package]
rust-version = "1.70"
"""
FILES = {
    "Cargo.toml": TOP,
    "src/lib.rs": "",
    "old/Cargo.toml": workspaces.manifest("old", "rust-version.workspace = true\n"),
    "old/src/lib.rs": "pub fn old() {}\n",
    "new/Cargo.toml": workspaces.manifest("new", 'rust-version = "1.72.0"\n'),
    "new/src/lib.rs": "pub fn new() {}\n",
    "free/Cargo.toml": workspaces.manifest("free"),
    "free/src/lib.rs": 'compile_error!("no promise");\n',
}


@pytest.fixture
def rustup(tmp_path: Path, require_tool: Callable[[str], Path]) -> Path:
    """A home of rustup with the toolchain of this machine, which is 1.70.0 and 1.72.0 as well."""
    require_tool("rustup")
    said = subprocess.run(
        ["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True
    ).stdout
    there = Path(said.strip())
    host = there.name.partition("-")[2]
    home = tmp_path / "rustup"
    (home / "toolchains").mkdir(parents=True)
    (home / "settings.toml").write_text(
        f'version = "12"\ndefault_toolchain = "{there.name}"\nprofile = "default"\n', "utf-8"
    )
    for name in (there.name, f"1.70.0-{host}", f"1.72-{host}"):
        (home / "toolchains" / name).symlink_to(there)
    return home


def msrv(project: Path, home: Path, *words: str, **more: str) -> tuple[int, dict[str, Any], str]:
    ended = faces.run(
        ["tasker-ci", "msrv", "--json", *words],
        project,
        faces.clean_environment(RUSTUP_HOME=str(home), RUSTUP_AUTO_INSTALL="0", **more),
    )
    return ended.exit_code, json.loads(ended.stdout), ended.stderr


def test_each_package_is_checked_with_its_own_rust_and_no_lock_is_written(
    cargo_workspace: Callable[..., Path], rustup: Path
) -> None:
    project = cargo_workspace(FILES)
    exit_code, data, text = msrv(project, rustup)
    assert exit_code == 0, text
    assert data["summary"] == (
        "1 package with Rust 1.70.0, 1 package with Rust 1.72.0 (a lock file made for it)"
    )
    assert "cargo +1.70.0 check --package old" in text
    assert not (project / "Cargo.lock").exists()
    assert [each.name for each in (project / "target").iterdir()] == ["tasker-ci"]


def test_a_broken_promise_has_its_place_the_fix_and_the_line_that_repeats_it(
    cargo_workspace: Callable[..., Path], rustup: Path
) -> None:
    broken = "pub fn new() {\n    let x: u8 = nowhere;\n}\n"
    project = cargo_workspace({**FILES, "new/src/lib.rs": broken})
    exit_code, data, text = msrv(project, rustup)
    assert exit_code == 101
    assert "Not compiled: new with Rust 1.72.0. First: " in text
    assert "at new/src/lib.rs:2" in text
    old, new = data["promises"]
    assert (old["kept"], new["kept"]) == (True, False)
    (finding,) = new["findings"]
    assert (finding["package"], finding["file"], finding["line"]) == ("new", "new/src/lib.rs", 2)
    either = "it does not compile with the workspace's own Rust either: fix the first error above"
    assert finding["fix"] == either
    assert finding["repeat"] == "tasker-ci msrv --package new"
    assert msrv(project, rustup, "--package", "old")[0] == 0


def test_a_toolchain_that_is_not_here_is_not_checked_and_an_error_under_ci(
    cargo_workspace: Callable[..., Path], rustup: Path
) -> None:
    absent = workspaces.manifest("new", 'rust-version = "1.71"\n')
    project = cargo_workspace({**FILES, "new/Cargo.toml": absent})
    exit_code, data, text = msrv(project, rustup)
    assert (exit_code, data["not_checked"], data["missing"][0]["rust"]) == (3, True, "1.71.0")
    assert "Rust 1.71.0 for new. Checked: 1 package with Rust 1.70.0" in text
    assert "rustup toolchain install 1.71.0 --profile minimal" in text
    exit_code, data, _ = msrv(project, rustup, CI="true")
    assert (exit_code, data.get("not_checked")) == (3, None)


def test_a_lock_file_is_used_as_it_is_and_stays(
    cargo_workspace: Callable[..., Path], rustup: Path
) -> None:
    manifest = TOP.replace('"3"', '"2"').replace('"1.70"', '"1.72"')
    project = cargo_workspace({**FILES, "Cargo.toml": manifest})
    subprocess.run(["cargo", "generate-lockfile"], cwd=project, check=True, capture_output=True)
    lock = project / "Cargo.lock"
    text = lock.read_text("utf-8").replace("version = 4", "version = 3")
    lock.write_text(text, "utf-8")
    exit_code, data, said = msrv(project, rustup)
    assert exit_code == 0, said
    assert data["promises"][0]["lock"] == "the project's Cargo.lock"
    (project / "free/Cargo.toml").write_text(workspaces.manifest("renamed"), "utf-8")
    exit_code, data, said = msrv(project, rustup)
    assert exit_code == 0, said
    assert data["promises"][0]["lock"] == "a copy of Cargo.lock"
    assert lock.read_text("utf-8") == text
