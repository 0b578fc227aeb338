from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import ForeignPlace
from tasker_ci.process.command import Account
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

RUN = "tasker-ci-0123456789ab"
SECRET = "0123456789abcdef"

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
    remove_place(run, temporary=tmp_path)
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
    run = tmp_path / "runs" / RUN
    run.mkdir(parents=True)
    place = make_place(run, OWN, tmp_path)
    try:
        assert place_elsewhere(place / "data", RUN, tmp_path) == place
        assert place_elsewhere(place / "data", RUN[:-1], tmp_path) is None
        assert place_elsewhere(tmp_path, RUN, tmp_path) is None
        (place / "run-folder").unlink()
        assert place_elsewhere(place / "data", RUN, tmp_path) is None
    finally:
        shutil.rmtree(place)


class TestALinkThatAnybodyMayHaveMade:
    """A clone can bring `postgresql` as a link to whatever it likes."""

    @pytest.fixture
    def run(self, tmp_path: Path) -> Path:
        run = tmp_path / "runs" / RUN
        run.mkdir(parents=True)
        return run

    def place(self, where: Path, name: str, *, home: Path | None) -> Path:
        """A folder with something in it, and with the file that says whose it is."""
        folder = where / name
        folder.mkdir(parents=True)
        (folder / "mine").touch()
        if home is not None:
            (folder / "run-folder").write_text(str(home), encoding="utf-8")
        return folder

    def stays(self, run: Path, place: Path, temporary: Path) -> bool:
        (run / "postgresql").symlink_to(place)
        with pytest.raises(ForeignPlace, match="nothing there is removed"):
            remove_place(run, temporary=temporary)
        return (place / "mine").exists() and (run / "postgresql").is_symlink()

    def test_the_right_one_goes(self, run: Path, tmp_path: Path) -> None:
        place = self.place(tmp_path, f"{RUN}-{SECRET}", home=run)
        (run / "postgresql").symlink_to(place)
        remove_place(run, temporary=tmp_path)
        assert not place.exists()
        assert list(run.iterdir()) == []

    def test_a_home(self, run: Path, tmp_path: Path) -> None:
        assert self.stays(run, self.place(tmp_path, "me", home=None), tmp_path)

    def test_a_home_with_the_file(self, run: Path, tmp_path: Path) -> None:
        assert self.stays(run, self.place(tmp_path, "me", home=run), tmp_path)

    @pytest.mark.parametrize(
        "name",
        [
            f"{RUN}-{SECRET[:-1]}",
            f"{RUN}-{SECRET}0",
            f"{RUN}-{SECRET.upper()}",
            f"{RUN}-",
            RUN,
            f"tasker-ci-ffffffffffff-{SECRET}",
        ],
    )
    def test_another_name(self, run: Path, tmp_path: Path, name: str) -> None:
        assert self.stays(run, self.place(tmp_path, name, home=run), tmp_path)

    def test_another_folder_than_those_for_temporary_files(self, run: Path, tmp_path: Path) -> None:
        place = self.place(tmp_path / "home", f"{RUN}-{SECRET}", home=run)
        assert self.stays(run, place, tmp_path)

    def test_one_that_points_to_another_run_folder(self, run: Path, tmp_path: Path) -> None:
        place = self.place(tmp_path, f"{RUN}-{SECRET}", home=tmp_path / "other" / RUN)
        assert self.stays(run, place, tmp_path)

    def test_one_that_points_to_where_the_run_lay_before_it_was_moved(
        self, run: Path, tmp_path: Path
    ) -> None:
        before = tmp_path / "other" / RUN
        place = self.place(tmp_path, f"{RUN}-{SECRET}", home=before)
        (run / "postgresql").symlink_to(place)
        remove_place(run, homes=(before,), temporary=tmp_path)
        assert not place.exists()

    def test_one_without_the_file(self, run: Path, tmp_path: Path) -> None:
        assert self.stays(run, self.place(tmp_path, f"{RUN}-{SECRET}", home=None), tmp_path)

    def test_one_whose_file_is_a_link(self, run: Path, tmp_path: Path) -> None:
        place = self.place(tmp_path, f"{RUN}-{SECRET}", home=None)
        (tmp_path / "file").write_text(str(run), encoding="utf-8")
        (place / "run-folder").symlink_to(tmp_path / "file")
        assert self.stays(run, place, tmp_path)

    def test_a_link_to_a_link(self, run: Path, tmp_path: Path) -> None:
        place = self.place(tmp_path, "real", home=run)
        link = tmp_path / f"{RUN}-{SECRET}"
        link.symlink_to(place)
        assert self.stays(run, link, tmp_path)

    def test_a_way_around_over_dots(self, run: Path, tmp_path: Path) -> None:
        self.place(tmp_path, f"{RUN}-{SECRET}", home=run)
        around = tmp_path / "runs" / ".." / f"{RUN}-{SECRET}"
        assert self.stays(run, around, tmp_path)

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
    @pytest.mark.parametrize("given", ["folder", "file"])
    def test_one_of_another_user(self, run: Path, tmp_path: Path, given: str) -> None:
        place = self.place(tmp_path, f"{RUN}-{SECRET}", home=run)
        os.chown(place if given == "folder" else place / "run-folder", 12345, 12345)
        assert self.stays(run, place, tmp_path)
        assert places_elsewhere(run, tmp_path) == {}

    def test_a_file_in_its_place(self, run: Path, tmp_path: Path) -> None:
        (run / "postgresql").touch()
        with pytest.raises(ForeignPlace, match="no folder of this user"):
            remove_place(run, temporary=tmp_path)

    def test_making_it_was_cut_short(self, run: Path, tmp_path: Path) -> None:
        place = tmp_path / f"{RUN}-{SECRET}"
        place.mkdir()
        (run / "postgresql").symlink_to(place)
        remove_place(run, temporary=tmp_path)
        assert not place.exists()


def test_links_in_the_data_are_removed_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine").touch()
    run = tmp_path / RUN
    run.mkdir()
    place = make_place(run, None, tmp_path)
    (place / "pg_tblspc").symlink_to(outside)
    remove_place(run)
    assert list(run.iterdir()) == []
    assert (outside / "mine").exists()


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
