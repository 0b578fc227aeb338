"""The doctor on real workspaces, each broken in its own way."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import faces
import pytest
from tool_parts import write_program
from workspaces import manifest

from tasker_ci.tools.pins import pinned_tools

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ABSENT = '[toolchain]\nchannel = "1.2.3"\n'


def rows(ended: faces.Ended) -> dict[str, dict[str, str]]:
    """The checks of a ``--json`` answer by their names."""
    return {row["check"]: row for row in json.loads(ended.stdout)["checks"]}


@pytest.fixture
def doctor(tmp_path: Path) -> Callable[..., faces.Ended]:
    """Run `tasker-ci doctor --json` in a project, with caches of its own."""

    def run(project: Path, *arguments: str, **environment: str) -> faces.Ended:
        complete = faces.clean_environment(XDG_CACHE_HOME=str(tmp_path / "cache"), **environment)
        program = shutil.which("tasker-ci", path=faces.clean_environment()["PATH"])
        assert program is not None
        return faces.run([program, "doctor", "--json", *arguments], project, complete)

    return run


@pytest.mark.parametrize("face", faces.FACES)
def test_a_sound_machine_is_a_table_and_exit_code_0(
    face: str, cargo_workspace: Callable[..., Path], run_face: Callable[..., faces.Ended]
) -> None:
    ended = run_face(face, "doctor", cwd=cargo_workspace(name="a path with spaces"))

    assert ended.exit_code == 0, ended.text
    assert "how to fix it" in ended.text
    assert "1 package in" in ended.text
    assert "a small program can be built" in ended.text
    assert "BROKEN" not in ended.text


def test_an_absent_toolchain_is_broken_with_the_command_that_installs_it(
    cargo_workspace: Callable[..., Path],
    doctor: Callable[..., faces.Ended],
    require_tool: Callable[[str], Path],
) -> None:
    require_tool("rustup")

    ended = doctor(cargo_workspace({"rust-toolchain.toml": ABSENT}))

    assert ended.exit_code == 3
    toolchain = rows(ended)["toolchain"]
    assert toolchain["state"] == "BROKEN"
    assert "1.2.3" in toolchain["found"]
    assert toolchain["fix"].startswith("rustup toolchain install 1.2.3")
    assert "Stack backtrace" not in ended.text


def test_a_toolchain_of_the_settings_is_asked_for_as_well(
    cargo_workspace: Callable[..., Path],
    doctor: Callable[..., faces.Ended],
    require_tool: Callable[[str], Path],
) -> None:
    require_tool("rustup")

    ended = doctor(cargo_workspace(settings='toolchain = "1.2.3"\n'))

    assert rows(ended)["toolchain"]["state"] == "BROKEN"


def test_a_broken_manifest_is_shown_in_cargos_words(
    cargo_workspace: Callable[..., Path], doctor: Callable[..., faces.Ended]
) -> None:
    ended = doctor(cargo_workspace({"Cargo.toml": manifest("sample", "version = 1\n")}))

    assert ended.exit_code == 3
    assert rows(ended)["workspace"]["state"] == "BROKEN"
    assert "duplicate key" in rows(ended)["workspace"]["found"]
    assert rows(ended)["linker"]["state"] == "ok"
    assert "\x1b" not in ended.stdout


def test_no_workspace_at_all_is_a_finding(
    tmp_path: Path, doctor: Callable[..., faces.Ended], require_tool: Callable[[str], Path]
) -> None:
    require_tool("cargo")
    (tmp_path / "empty").mkdir()

    ended = doctor(tmp_path / "empty")

    assert ended.exit_code == 3
    assert "could not find `Cargo.toml`" in rows(ended)["workspace"]["found"]
    assert "Set `workspace` in" in rows(ended)["workspace"]["fix"]


def test_a_workspace_folder_that_does_not_exist_is_a_finding(
    cargo_workspace: Callable[..., Path], doctor: Callable[..., faces.Ended]
) -> None:
    ended = doctor(cargo_workspace(settings='workspace = "rust"\n'))

    assert ended.exit_code == 3
    assert "rust does not exist" in rows(ended)["workspace"]["found"]


def test_a_rust_version_newer_than_the_compiler_is_broken(
    cargo_workspace: Callable[..., Path], doctor: Callable[..., faces.Ended]
) -> None:
    newer = manifest("sample").replace('edition = "2021"', 'rust-version = "9.99"')

    ended = doctor(cargo_workspace({"Cargo.toml": newer}))

    assert ended.exit_code == 3
    assert "sample needs 9.99" in rows(ended)["compiler"]["found"]
    assert rows(ended)["workspace"]["state"] == "ok"


def test_a_linker_that_the_workspace_asks_for_and_nobody_has_is_broken(
    cargo_workspace: Callable[..., Path], doctor: Callable[..., faces.Ended]
) -> None:
    configuration = '[build]\nrustflags = ["-C", "linker=a-linker-nobody-has"]\n'

    ended = doctor(cargo_workspace({".cargo/config.toml": configuration}))

    assert ended.exit_code == 3
    assert "a-linker-nobody-has" in rows(ended)["linker"]["found"]


def test_without_a_c_compiler_the_package_that_brings_it_is_named(
    tmp_path: Path, cargo_workspace: Callable[..., Path], doctor: Callable[..., faces.Ended]
) -> None:
    path = path_with(tmp_path, "cargo", "rustc", "rustup")

    ended = doctor(cargo_workspace(), PATH=path)

    assert ended.exit_code == 3
    assert "no C compiler" in rows(ended)["linker"]["found"]
    assert "gcc" in rows(ended)["linker"]["fix"]


def test_on_a_machine_without_rust_everything_is_told_at_once(
    tmp_path: Path, cargo_workspace: Callable[..., Path], doctor: Callable[..., faces.Ended]
) -> None:
    # cargo's own folder is looked into as well, because cargo looks there for its subcommands
    nowhere = str(tmp_path / "cargo")
    ended = doctor(cargo_workspace(), PATH=path_with(tmp_path), CARGO_HOME=nowhere)

    assert ended.exit_code == 3
    found = rows(ended)
    broken = {name for name, row in found.items() if row["state"] == "BROKEN"}
    assert broken == {"cargo", "rustc", "linker"}
    assert {"disk", "memory", "cargo-binstall", "sqlx-cli"} <= set(found)
    assert "Traceback" not in ended.text


def test_a_tool_of_an_older_version_is_broken_and_its_command_named(
    tmp_path: Path, cargo_workspace: Callable[..., Path], doctor: Callable[..., faces.Ended]
) -> None:
    old = write_program(tmp_path / "old" / "sqlx", "echo sqlx-cli 0.7.0")
    path = f"{faces.clean_environment()['PATH']}:{old.parent}"

    ended = doctor(cargo_workspace(), PATH=path)

    assert ended.exit_code == 3
    assert rows(ended)["sqlx-cli"] == {
        "check": "sqlx-cli",
        "state": "BROKEN",
        "found": f"too old: 0.7.0 instead of {pinned_tools()['sqlx-cli'].version} ({old})",
        "fix": "tasker-ci tools --tool sqlx-cli",
    }


def test_several_findings_come_together(
    cargo_workspace: Callable[..., Path], doctor: Callable[..., faces.Ended]
) -> None:
    files = {
        "Cargo.toml": "[package\n",
        ".cargo/config.toml": '[build]\nrustflags = ["-C", "linker=a-linker-nobody-has"]\n',
    }

    ended = doctor(cargo_workspace(files))

    assert json.loads(ended.stdout)["summary"] == "Broken on this machine: workspace, linker."


def test_a_dry_run_starts_nothing_and_prints_what_it_would_ask(
    cargo_workspace: Callable[..., Path], run_face: Callable[..., faces.Ended]
) -> None:
    ended = run_face(
        "tasker-ci", "doctor", "--dry-run", cwd=cargo_workspace({"Cargo.toml": "[package\n"})
    )

    assert ended.exit_code == 0, ended.text
    assert "+ cargo metadata --no-deps --format-version 1" in ended.text
    assert "+ cargo-clippy --version" in ended.text


def path_with(folder: Path, *programs: str) -> str:
    """A PATH on which nothing but these programs of the machine can be found."""
    (folder / "bin").mkdir()
    for program in programs:
        where = shutil.which(program)
        assert where is not None
        (folder / "bin" / program).symlink_to(where)
    return str(folder / "bin")
