"""What is asked of Rust's programs before a session, and that nobody asks again.

They stand in as shell scripts that write down how they are called.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tool_parts import write_program

from tasker_ci.context import Face
from tasker_ci.faces.execute import Ending, execute
from tasker_ci.faces.options import checked, flags_of
from tasker_ci.sessions import SESSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

METADATA = "cargo metadata --no-deps --format-version 1 --color never"


class Machine:
    """A workspace of one package, and a PATH on which Rust's programs are scripts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen = folder / "seen"
        (folder / "Cargo.toml").touch()
        for name in ("cargo", "cargo-fmt", "cargo-clippy", "rustc"):
            self.program(name, "exit 0")
        self.package()

    def program(self, name: str, script: str) -> None:
        """A program that writes down its call, then runs ``script``."""
        text = f'echo "{name} $*" >> {self.seen}\n{script}'
        write_program(self.folder / "programs" / name, text)

    def package(self, *, rust_version: str = "", cargo: str = "exit 0") -> None:
        """The package of the workspace; ``cargo`` is what cargo does besides naming it."""
        package = {
            "name": "sample",
            "version": "0.1.0",
            "manifest_path": str(self.folder / "Cargo.toml"),
            "targets": [],
            "rust_version": rust_version,
        }
        document = {
            "workspace_root": str(self.folder),
            "target_directory": str(self.folder / "target"),
            "packages": [package],
        }
        (self.folder / "metadata").write_text(json.dumps(document), encoding="utf-8")
        answer = f"metadata) exec cat {self.folder / 'metadata'};;"
        self.program("cargo", f'case "$1" in {answer} esac\n{cargo}')

    def run(
        self,
        name: str,
        *following: str,
        looked_at: set[str] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Ending:
        """Run a session as a face does."""
        session = SESSIONS[name]
        return execute(
            name,
            session,
            checked(flags_of(session), {"set": ("sccache=off",)}),
            face=Face.NOX,
            directory=self.folder,
            environment={
                "PATH": f"{self.folder / 'programs'}:/usr/bin:/bin",
                "HOME": str(self.folder),
                **(variables or {}),
            },
            following=following,
            looked_at=looked_at,
        )

    @property
    def calls(self) -> list[str]:
        """How the programs were called since this was last asked for."""
        lines = self.seen.read_text(encoding="utf-8").splitlines()
        self.seen.unlink()
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_green_session_uses_the_answer_from_before(machine: Machine) -> None:
    assert machine.run("fmt").exit_code == 0
    check = "cargo fmt -- --check --color never"
    assert machine.calls == [METADATA, "cargo-fmt --version", check]


def test_and_a_red_one_asks_for_no_reason_that_is_ruled_out(machine: Machine) -> None:
    machine.package(cargo="exit 1")
    assert machine.run("fmt").exit_code == 1
    check = "cargo fmt -- --check --color never"
    assert machine.calls == [METADATA, "cargo-fmt --version", check]


def test_within_a_pipeline_it_asks_when_it_fails(machine: Machine) -> None:
    machine.package(cargo="exit 1")
    machine.program("cargo-fmt", "echo no such component >&2; exit 1")
    assert machine.run("fmt", variables={"TASKER_RUN": "x"}).exit_code == 3
    assert machine.calls[:2] == [METADATA, "cargo fmt -- --check --color never"]


def test_the_compiler_is_asked_only_if_a_package_says_how_old_it_may_be(machine: Machine) -> None:
    assert machine.run("doc").exit_code == 0
    assert not [call for call in machine.calls if call.startswith("rustc")]
    machine.package(rust_version="1.90")
    machine.program("rustc", "echo rustc 1.80.0")
    assert machine.run("doc").exit_code == 3
    assert machine.calls == [METADATA, "rustc --version"]


def test_a_compiler_that_is_not_there_is_missed_all_the_same(
    machine: Machine, tmp_path: Path
) -> None:
    (tmp_path / "programs" / "rustc").rename(tmp_path / "rustc")
    ending = machine.run("doc")
    assert (ending.exit_code, ending.unfit) == (3, True)
    assert "`rustc` is not on PATH" in ending.reason


def test_sessions_of_one_face_look_once(machine: Machine) -> None:
    looked_at: set[str] = set()
    machine.run("fmt", "clippy", "doc", looked_at=looked_at)
    assert machine.calls[:3] == [METADATA, "cargo-fmt --version", "cargo-clippy --version"]
    machine.run("doc", looked_at=looked_at)
    (call,) = machine.calls
    assert call.startswith("cargo doc ")
    machine.run("examples", looked_at=looked_at)
    assert machine.calls == [METADATA]


def test_what_may_run_nothing_of_the_project_looks_for_itself_alone(machine: Machine) -> None:
    looked_at: set[str] = set()
    machine.run("inventory", "fmt", looked_at=looked_at)
    assert looked_at == set()
