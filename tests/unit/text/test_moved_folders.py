"""A folder that was moved is known by its number, also where another lies at its old place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.text.moved_folders import is_same_folder, is_still_there, number_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def test_a_folder_that_stays_is_itself(place: Path, tmp_path: Path) -> None:
    number = number_of(place)
    assert is_still_there(place, number)
    assert is_same_folder(place, number, place)
    assert not is_same_folder(place, number, tmp_path)


def test_one_that_was_moved_is_itself_and_what_lies_there_now_is_not(place: Path) -> None:
    number = number_of(place)
    moved = place.rename(place.with_name("moved"))
    place.mkdir()
    assert not is_still_there(place, number)
    assert not is_same_folder(place, number, place)
    assert is_same_folder(place, number, moved)


def test_a_folder_with_the_number_on_another_disk_is_another_one(place: Path) -> None:
    disk, _, inode = number_of(place).partition(":")
    moved = place.rename(place.with_name("moved"))
    assert not is_same_folder(place, f"{int(disk) + 1}:{inode}", moved)


def test_at_its_own_place_a_disk_may_have_got_another_number(place: Path) -> None:
    disk, _, inode = number_of(place).partition(":")
    assert is_same_folder(place, f"{int(disk) + 1}:{inode}", place)


def test_without_a_number_the_place_says_it(place: Path) -> None:
    assert is_same_folder(place, "", place)
    assert not is_same_folder(place, "", place.parent)
    moved = place.rename(place.with_name("moved"))
    assert not is_same_folder(place, "", moved)


@pytest.mark.parametrize("number", ["x", ":", "1:2:3", "\u0661:\u0662"])
def test_a_forged_number_is_that_of_no_folder(place: Path, number: str) -> None:
    assert not is_same_folder(place, number, place)
    assert not is_same_folder(place.with_name("gone"), number, place)


def test_what_is_gone_has_no_number(tmp_path: Path) -> None:
    assert number_of(tmp_path / "gone") is None
    assert not is_still_there(tmp_path / "gone", "1:2")
