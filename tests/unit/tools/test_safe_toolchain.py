"""The toolchain for sessions that run nothing of the project: none in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.errors import ToolchainError
from tasker_ci.testing import make_context
from tasker_ci.tools.safe_toolchain import folder_toolchain, safe_toolchain

if TYPE_CHECKING:
    from pathlib import Path

DEEP = "[" * 5000 + "]" * 5000


@pytest.mark.parametrize(
    ("file", "text", "folder"),
    [
        ("rust-toolchain.toml", '[toolchain]\npath = "/opt/rust"\n', True),
        ("rust-toolchain", '[toolchain]\npath = "bin"\n', True),
        ("rust-toolchain.toml", '\ufeff[toolchain]\npath = "bin"\n', True),
        ("rust-toolchain.toml", '[toolchain]\nchannel = "stable"\n', False),
        ("rust-toolchain", "stable\n", False),
        ("rust-toolchain.toml", 'toolchain = "stable"\n', False),
        ("rust-toolchain.toml", f"[toolchain]\nchannel = {'9' * 5000}\n", False),
        ("rust-toolchain.toml", f"[toolchain]\nchannel = {DEEP}\n", False),
    ],
)
def test_whether_a_file_names_a_folder(
    tmp_path: Path, file: str, text: str, *, folder: bool
) -> None:
    workspaces.write_files(tmp_path, {file: text, "inner/Cargo.toml": ""})
    found = folder_toolchain(tmp_path / "inner")
    assert found == (tmp_path / file if folder else None)


def test_a_file_that_is_no_text_may_name_one(tmp_path: Path) -> None:
    (tmp_path / "rust-toolchain.toml").write_bytes(b"\xff\xfe")
    assert folder_toolchain(tmp_path) == tmp_path / "rust-toolchain.toml"


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    texts = {
        "rust-toolchain.toml": '[toolchain]\npath = "bin"\n',
        "inner/rust-toolchain": "stable\n",
    }
    workspaces.write_files(tmp_path, texts)
    assert folder_toolchain(tmp_path / "inner") is None


@pytest.mark.parametrize("folder", ["/opt/rust", "./rust", "a/b"])
def test_a_folder_in_the_settings_is_refused(tmp_path: Path, folder: str) -> None:
    context = make_context(tmp_path, f'toolchain = "{folder}"\n')
    with pytest.raises(ToolchainError, match="names a folder") as caught:
        safe_toolchain(context, context.environment)
    assert folder in caught.value.message
    assert "--set toolchain=" in caught.value.next_step


def test_a_name_in_the_settings_or_the_process_wins_over_the_file(tmp_path: Path) -> None:
    workspaces.write_files(tmp_path, {"rust-toolchain.toml": '[toolchain]\npath = "bin"\n'})
    context = make_context(tmp_path, 'toolchain = "stable"\n')
    assert safe_toolchain(context, {}) == {}
    context = make_context(tmp_path, "features = 'all'\n")
    assert safe_toolchain(context, {"RUSTUP_TOOLCHAIN": "stable"}) == {}
