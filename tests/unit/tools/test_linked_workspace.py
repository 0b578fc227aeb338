"""A workspace as links, with a lock file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.errors import UnsafePlace
from tasker_ci.tools.linked_workspace import link_workspace, linked_folder

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "README.md": "",
    "proto/a.proto": "a",
    "rust/Cargo.toml": "theirs",
    "rust/Cargo.lock": "locked",
    "rust/.cargo/config.toml": "",
    "rust/src/lib.rs": "code",
    "rust/target/debug/file": "",
}


def test_all_is_there_but_the_lock_and_what_lies_beside_is_found(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    root = workspaces.write_files(tmp_path, FILES) / "rust"
    made = link_workspace("one", root, {}, {"Cargo.toml": "ours"})
    assert made == linked_folder("one", root, {})
    assert sorted(each.name for each in made.iterdir()) == ["Cargo.toml", "src"]
    assert (made / "Cargo.toml").read_text("utf-8") == "ours"
    assert (made / "src/lib.rs").read_text("utf-8") == "code"
    assert (made.parent / "proto/a.proto").read_text("utf-8") == "a"
    link_workspace("one", root, {}, {"Cargo.toml": "anew", "Cargo.lock": "own"})
    (made / "Cargo.lock").write_text("written by cargo", "utf-8")
    assert (root / "Cargo.lock").read_text("utf-8") == "locked"
    assert (root / "Cargo.toml").read_text("utf-8") == "theirs"


def test_nothing_is_made_through_a_link_that_a_clone_brought(tmp_path: Path) -> None:
    root = workspaces.write_files(tmp_path / "clone", {"Cargo.toml": ""})
    elsewhere = workspaces.write_files(tmp_path / "elsewhere", {"one/precious": ""})
    (root / "target/tasker-ci").mkdir(parents=True)
    (root / "target/tasker-ci/linked").symlink_to(elsewhere)
    with pytest.raises(UnsafePlace):
        link_workspace("one", root, {}, {})
    assert (elsewhere / "one/precious").exists()
