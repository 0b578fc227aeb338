"""Which doctests may be skipped by a word that is in no name of another package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rust_workspaces
import workspaces

from tasker_ci.rust.reach import reach_of
from tasker_ci.sessions.affected.doctests import words_to_skip

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.rust.workspace import Package


def words(root: Path, *packages: Package, left_out: tuple[str, ...]) -> tuple[str, ...]:
    workspace = rust_workspaces.workspace(root, *packages)
    return words_to_skip(workspace, reach_of(workspace), left_out)


def member(root: Path, folder: str, text: str = "") -> Package:
    workspaces.write_files(root, {f"{folder}/src/lib.rs": text})
    return rust_workspaces.package(root / folder)


def test_the_folder_of_a_library_stands_for_its_doctests(tmp_path: Path) -> None:
    both = member(tmp_path, "alone"), member(tmp_path, "crates/user")
    assert words(tmp_path, *both, left_out=("alone",)) == ("alone/src/",)
    assert words(tmp_path, *both, left_out=("alone", "user")) == ("alone/src/", "crates/user/src/")


def test_a_folder_within_the_name_of_another_package_is_no_word(tmp_path: Path) -> None:
    both = member(tmp_path, "alone"), member(tmp_path, "let-alone")
    assert words(tmp_path, *both, left_out=("alone",)) == ()
    assert words(tmp_path, *both, left_out=("let-alone",)) == ("let-alone/src/",)


def test_the_package_at_the_root_is_never_skipped_beside_another(tmp_path: Path) -> None:
    root = rust_workspaces.package(tmp_path, name="whole")
    workspaces.write_files(tmp_path, {"src/lib.rs": ""})
    assert words(tmp_path, root, member(tmp_path, "user"), left_out=("whole",)) == ()


def test_a_file_that_another_package_takes_in_keeps_its_folder(tmp_path: Path) -> None:
    workspaces.write_files(tmp_path, {"alone/src/part.rs": "", "alone/src/guide.md": ""})
    alone = member(tmp_path, "alone", "mod part;")
    for text in (
        '#[path = "../../alone/src/part.rs"]\nmod part;\n',
        '#![doc = include_str!("../../alone/src/guide.md")]\n',
    ):
        assert words(tmp_path, alone, member(tmp_path, "user", text), left_out=("alone",)) == ()


def test_a_blank_makes_no_word(tmp_path: Path) -> None:
    assert words(tmp_path, member(tmp_path, "my own"), left_out=("my own",)) == ()


def test_a_library_without_doctests_needs_none(tmp_path: Path) -> None:
    source = tmp_path / "alone" / "src" / "lib.rs"
    target = rust_workspaces.target(source, doctested=False)
    package = rust_workspaces.package(tmp_path / "alone", target)
    assert words(tmp_path, package, left_out=("alone",)) == ()
