from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tasker_ci.process import Account
from tasker_ci.stack.postgresql_folder import (
    make_place,
    open_to_all,
    place_elsewhere,
    place_of,
    places_elsewhere,
    remove_place,
    temporary_folder,
)

if TYPE_CHECKING:
    from pathlib import Path

OWN = Account(user=os.geteuid(), group=os.getegid())
"""Ourselves in the role of the other user: everybody may give a file to himself."""


def test_ones_own_server_lies_in_the_run_folder(tmp_path: Path) -> None:
    place = make_place(tmp_path, None, tmp_path)
    assert place == (tmp_path / "postgresql").resolve()
    assert place.stat().st_mode & 0o777 == 0o700
    remove_place(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_another_users_server_lies_elsewhere_and_is_found_from_the_run_folder(
    tmp_path: Path,
) -> None:
    run = tmp_path / "tasker-ci-0123456789ab"
    run.mkdir(mode=0o700)
    place = make_place(run, OWN, tmp_path)
    assert not place.is_relative_to(run.resolve())
    assert place.name.startswith(run.name)
    assert place_of(run) == place
    (place / "data").mkdir()
    remove_place(run)
    assert not place.exists()
    assert list(run.iterdir()) == []


def test_a_place_elsewhere_is_found_when_its_run_folder_is_gone(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    run, other = runs / "tasker-ci-0123456789ab", tmp_path / "tasker-ci-ba9876543210"
    for folder in (run, other):
        folder.mkdir(mode=0o700, parents=True)
    place, of_others = make_place(run, OWN, tmp_path), make_place(other, OWN, tmp_path)
    try:
        shutil.rmtree(run)
        assert places_elsewhere(runs, tmp_path) == {place: run}
        assert places_elsewhere(run, tmp_path) == {place: run}
    finally:  # they may lie outside of what pytest removes
        shutil.rmtree(place)
        shutil.rmtree(of_others)


def test_a_place_that_was_announced_and_never_made_is_removed(tmp_path: Path) -> None:
    (tmp_path / "postgresql").symlink_to(tmp_path / "never")
    remove_place(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_place_elsewhere_is_known_by_its_name(tmp_path: Path) -> None:
    place = tmp_path / "tasker-ci-0123456789ab-ffff"
    assert place_elsewhere(place / "data", "tasker-ci-0123456789ab") == place
    assert place_elsewhere(place / "data", "tasker-ci-0123456789a") is None
    assert place_elsewhere(tmp_path, "tasker-ci-0123456789ab") is None


def test_removing_nothing_is_fine(tmp_path: Path) -> None:
    remove_place(tmp_path)


def test_a_damaged_pid_file_hinders_no_removal(tmp_path: Path) -> None:
    data = make_place(tmp_path, None, tmp_path) / "data"
    data.mkdir()
    (data / "postmaster.pid").write_text("1\n2\n3\n4\n5\n6\nno numbers\n")
    remove_place(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_open_only_if_the_way_to_it_is(tmp_path: Path) -> None:
    assert open_to_all(tmp_path.__class__("/"))
    closed = tmp_path / "closed"
    (closed / "open").mkdir(parents=True)
    closed.chmod(0o700)
    assert not open_to_all(closed / "open")
    assert not open_to_all(tmp_path / "absent")


@pytest.mark.parametrize("given", ["relative", "/absent-folder"])
def test_a_temporary_folder_that_is_none_is_not_taken(given: str, tmp_path: Path) -> None:
    assert temporary_folder({"TMPDIR": str(tmp_path)}) == tmp_path
    assert temporary_folder({"TMPDIR": given}).is_dir()
