"""Emptying sccache's cache takes nothing that is not sccache's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from workspaces import write_files

from tasker_ci.errors import TaskerCIError
from tasker_ci.tools.sccache_storage import empty

if TYPE_CHECKING:
    from pathlib import Path

KEY = "ccd7fd44740039aeaebecedc28c5655f989b8ebdba31a9c15fc34bf91510694e"
CACHE = {f"c/c/{KEY}": "12345", f"preprocessor/a/0/{KEY}": "123", ".sccache_check": ""}


def test_a_cache_is_removed_and_its_size_told(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "sccache", CACHE)

    assert empty(folder) == 8
    assert not folder.exists()


def test_a_folder_that_is_a_link_stays_as_an_empty_one(tmp_path: Path) -> None:
    write_files(tmp_path / "big disk", CACHE)
    folder = tmp_path / "sccache"
    folder.symlink_to(tmp_path / "big disk")

    assert empty(folder) == 8
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "stranger",
    [
        "notes.txt",
        "c/c/notes.txt",
        "c/thesis/chapter",
        "cc/a",
        f"{KEY}",
        f"c/{KEY}",
        f"c/c/d/{KEY}",
    ],
)
def test_one_foreign_file_keeps_everything(tmp_path: Path, stranger: str) -> None:
    folder = write_files(tmp_path / "sccache", {**CACHE, stranger: "mine"})

    with pytest.raises(TaskerCIError) as caught:
        empty(folder)

    assert "does not look like a part of its cache. Nothing was removed." in caught.value.message
    assert (folder / "c" / "c" / KEY).is_file()
    assert (folder / stranger).read_text() == "mine"


def test_a_link_in_the_cache_is_foreign(tmp_path: Path) -> None:
    write_files(tmp_path / "home", {"precious": "mine"})
    folder = write_files(tmp_path / "sccache", CACHE)
    (folder / "a").symlink_to(tmp_path / "home")

    with pytest.raises(TaskerCIError, match="Nothing was removed"):
        empty(folder)

    assert (tmp_path / "home" / "precious").is_file()
