"""Which toolchain a project names, as rustup reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.rust.toolchain_file import toolchain_file
from tasker_ci.sessions import load_settings
from tasker_ci.sessions.project.covering.project import read_project
from tasker_ci.tools.toolchains import chosen_toolchain

if TYPE_CHECKING:
    from pathlib import Path

TOML = '[toolchain]\nchannel = "1.70"\n'


def channel(folder: Path) -> str | None:
    found = toolchain_file(folder)
    assert found is not None
    return found.channel


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("rust-toolchain", "nightly-2030-01-01\n", "nightly-2030-01-01"),
        ("rust-toolchain", "\ufeff\n  stable\r\n\n", "stable"),
        ("rust-toolchain", TOML, "1.70"),
        ("rust-toolchain.toml", f"# why\n{TOML}profile = 'minimal'\n", "1.70"),
        ("rust-toolchain.toml", "stable\n", None),
        ("rust-toolchain.toml", "[toolchain]\nchannel = 1.7\n", None),
        ("rust-toolchain.toml", "[toolchain]\npath = 'bin'\n", None),
        ("rust-toolchain.toml", "toolchain = 1\n", None),
        ("rust-toolchain", "two words\n", None),
        ("rust-toolchain", "", None),
    ],
)
def test_the_name_in_a_file(tmp_path: Path, name: str, text: str, named: str | None) -> None:
    workspaces.write_files(tmp_path, {name: text})
    assert channel(tmp_path) == named


def test_one_line_can_be_a_table_too(tmp_path: Path) -> None:
    workspaces.write_files(tmp_path, {"rust-toolchain": "\ntoolchain.path = 'bin'\n"})
    found = toolchain_file(tmp_path)
    assert found is not None
    assert found.table == {"path": "bin"}


def test_of_two_files_the_old_one_counts_for_everybody(tmp_path: Path) -> None:
    files = {"rust-toolchain": "beta\n", "rust-toolchain.toml": TOML}
    workspaces.write_files(tmp_path, {**files, "Cargo.toml": workspaces.manifest("a")})
    assert channel(tmp_path) == "beta"
    assert read_project(tmp_path, tmp_path, {}).toolchain == "beta"
    assert chosen_toolchain(load_settings(tmp_path, {}), tmp_path, {}, "").name == "beta"


def test_the_nearest_folder_counts_up_to_the_last(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    workspaces.write_files(tmp_path, {"rust-toolchain.toml": TOML, "a/b/Cargo.toml": ""})
    assert channel(inner) == "1.70"
    assert toolchain_file(inner, last=tmp_path / "a") is None
    (tmp_path / "a" / "rust-toolchain").write_text("stable", encoding="utf-8")
    assert channel(inner) == "stable"


def test_what_is_no_text_names_nothing_that_is_known(tmp_path: Path) -> None:
    (tmp_path / "rust-toolchain").write_bytes(b"\xff")
    found = toolchain_file(tmp_path)
    assert found is not None
    assert (found.channel, found.readable) == (None, False)
