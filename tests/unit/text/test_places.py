from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import UnsafePlace
from tasker_ci.text.places import reached

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_text("theirs", encoding="utf-8")
    (tmp_path / "project" / "sub").mkdir(parents=True)
    return tmp_path / "project"


def test_a_file_is_opened_in_its_folder(project: Path) -> None:
    with reached(project / "sub" / "file", project) as place:
        assert place.status() is None
        os.close(place.open(os.O_WRONLY | os.O_CREAT, 0o600))
        place.replace(place.beside("other"))
        assert place.beside("other").status() is not None
        place.beside("other").unlink()
    assert [*(project / "sub").iterdir()] == []


@pytest.mark.parametrize("path", ["../outside/file", "sub/../../outside/file", "."])
def test_a_path_that_leaves_the_project_is_refused(project: Path, path: str) -> None:
    with pytest.raises(UnsafePlace, match="does not lie in"), reached(project / path, project):
        pass


@pytest.mark.parametrize("target", ["../../outside", "../nothing", "loop"])
def test_a_folder_that_is_a_link_is_refused_with_where_it_leads(project: Path, target: str) -> None:
    (project / "sub" / "loop").symlink_to(target)
    for make in (False, True):
        with (
            pytest.raises(UnsafePlace, match="loop is a link") as caught,
            reached(project / "sub" / "loop" / "file", project, make=make),
        ):
            pass
        assert repr(target) in caught.value.message
    assert not (project.parent / "nothing").exists()


def test_a_link_in_place_of_the_file_is_not_followed_and_can_be_removed(project: Path) -> None:
    (project / "file").symlink_to("../outside/file")
    with reached(project / "file", project) as place:
        with pytest.raises(OSError):  # noqa: PT011 - ELOOP, whatever its text
            place.open(os.O_WRONLY | os.O_TRUNC, 0o600)
        place.unlink()
    assert (project.parent / "outside" / "file").read_text(encoding="utf-8") == "theirs"


def test_a_link_above_the_project_is_the_users_own(project: Path, tmp_path: Path) -> None:
    (tmp_path / "short").symlink_to(project)
    with reached(tmp_path / "short" / "sub" / "file", tmp_path / "short") as place:
        os.close(place.open(os.O_WRONLY | os.O_CREAT, 0o600))
    assert (project / "sub" / "file").exists()


def test_absent_folders_are_made_only_on_request(project: Path) -> None:
    file = project / "a" / "b" / "file"
    with pytest.raises(FileNotFoundError), reached(file, project):
        pass
    with reached(file, project, make=True, mode=0o700):
        assert (project / "a" / "b").stat().st_mode & 0o777 == 0o700


def test_a_file_on_the_way_is_no_folder(project: Path) -> None:
    (project / "sub" / "file").write_text("", encoding="utf-8")
    with (
        pytest.raises(NotADirectoryError) as caught,
        reached(project / "sub" / "file" / "x", project),
    ):
        pass
    assert caught.value.filename == str(project / "sub" / "file")
