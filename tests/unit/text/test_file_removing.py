"""What is removed is ours, and no link leads out of the project."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import UnsafePlace
from tasker_ci.text import file_removing
from tasker_ci.text.file_removing import remove_file, remove_tree
from tasker_ci.text.file_writing import make_folder, write_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of the user's that no clone may touch."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear", encoding="utf-8")
    return folder


@pytest.mark.parametrize("place", ["run", "run/data/in it", "run/a\tb"])
def test_a_folder_in_which_something_is_mounted_is_not_removed(
    project: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """The table of mounts is made up: only root can mount."""
    for folder in ("run/data/in it", "run/a\tb", "runner"):
        write_file(project / folder / "file", "ours", within=project)
    table = project / "mountinfo"
    written = str(project / place).replace(" ", "\\040").replace("\t", "\\011")
    table.write_text(f"1 2 8:1 / / rw - ext4 a rw\n3 1 8:1 /x {written} rw - ext4 a rw\n", "utf-8")
    monkeypatch.setattr(file_removing, "_MOUNTS", table)
    with pytest.raises(UnsafePlace) as caught:
        remove_tree(project / "run", within=project, last="record")
    assert f"mounted at {project / place}" in caught.value.message
    assert "umount" in caught.value.next_step
    assert (project / "run/data/in it/file").exists()
    remove_tree(project / "runner", within=project)
    assert not (project / "runner").exists()


def test_removing_goes_through_no_link(project: Path, outside: Path) -> None:
    (project / "folder").mkdir()
    (project / "folder/link").symlink_to(outside)
    (project / "link").symlink_to(outside / "letter.txt")
    remove_file(project / "link", within=project)
    remove_file(project / "link", within=project)
    remove_file(project / "absent/file", within=project)
    remove_tree(project / "folder", within=project)
    remove_tree(project / "folder", within=project)
    assert list(project.iterdir()) == []
    assert (outside / "letter.txt").exists()
    (project / "out").symlink_to(outside)
    with pytest.raises(UnsafePlace):
        remove_file(project / "out/letter.txt", within=project)
    with pytest.raises(UnsafePlace):
        make_folder(project / "out/new", within=project)
    assert [each.name for each in outside.iterdir()] == ["letter.txt"]


def test_what_is_removed_last_goes_when_all_else_is_gone(
    project: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file(project / "run/data/file", "ours", within=project)
    write_file(project / "run/record", "ours", within=project)
    (project / "run/link").symlink_to(outside)
    real = shutil.rmtree

    def cut_short(name: str, **options: int) -> None:
        if name == "run":
            raise OSError("cut short")
        real(name, **options)

    monkeypatch.setattr(shutil, "rmtree", cut_short)
    with pytest.raises(OSError, match="cut short"):
        remove_tree(project / "run", within=project, last="record")
    assert [each.name for each in (project / "run").iterdir()] == ["record"]
    monkeypatch.undo()
    remove_tree(project / "run", within=project, last="record")
    assert not (project / "run").exists()
    assert (outside / "letter.txt").exists()


def test_a_folder_from_which_others_remove_as_well_is_removed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the files of a server that ends meanwhile."""
    write_file(project / "run/file", "ours", within=project)
    real = shutil.rmtree

    def once(name: str, **options: int) -> None:
        monkeypatch.setattr(shutil, "rmtree", real)
        raise FileNotFoundError(name)

    monkeypatch.setattr(shutil, "rmtree", once)
    remove_tree(project / "run", within=project)
    assert not (project / "run").exists()
