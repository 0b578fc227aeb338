"""Files are written whole or not at all, by one process at a time."""

from __future__ import annotations

import os
import resource
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import AccessError
from tasker_ci.workflows.sync.writing import (
    clear_parts,
    remove_empty_folders,
    stage,
    staged,
    write_file,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOBODY = 65_534


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_file_and_its_folders_are_written(tmp_path: Path) -> None:
    target = tmp_path / "a folder" / "b" / "file.yml"
    write_file(target, b"one\r\n")
    write_file(target, b"two\n")
    assert target.read_bytes() == b"two\n"
    assert names(target.parent) == ["file.yml"]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_the_mode_of_a_new_file_is_what_the_umask_leaves(
    tmp_path: Path, umask: int, mode: int
) -> None:
    before = os.umask(umask)
    try:
        write_file(tmp_path / "new", b"")
        write_file(tmp_path / "kept", b"", mode=0o755)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == mode
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o755


def test_until_it_is_published_the_old_file_stays(tmp_path: Path) -> None:
    target = tmp_path / "file.yml"
    target.write_bytes(b"old")
    part = stage(target, b"new")
    assert target.read_bytes() == b"old"
    part.publish()
    assert target.read_bytes() == b"new"
    part.withdraw()
    assert target.read_bytes() == b"new"


def test_what_is_not_published_is_gone(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    with staged({one: (b"1", None), two: (b"2", None)}) as parts:
        parts[one].publish()
    assert names(tmp_path) == ["one"]


def test_a_lack_of_room_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    small, big = tmp_path / "small.yml", tmp_path / "big.yml"
    small.write_bytes(b"old")
    # A limit on the size of files is what a test may fill; a full disk fails the same write.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with (
            pytest.raises(AccessError) as caught,
            staged({small: (b"new", None), big: (b"x" * 10_000, None)}) as parts,
        ):
            parts[small].publish()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.message == f"{big} cannot be written: File too large."
    assert small.read_bytes() == b"old"
    assert names(tmp_path) == ["small.yml"]


def test_a_folder_that_cannot_be_is_named_with_its_cause(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(AccessError) as caught:
        write_file(tmp_path / "file" / "ci.yml", b"")
    assert caught.value.message == f"{tmp_path}/file/ci.yml cannot be written: File exists."


@contextmanager
def somebody_else() -> Iterator[None]:
    """Be a user without rights for a while; whoever is none but root's stays himself."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_may_not_be_written_is_named() -> None:
    # tmp_path lies in a folder that only its owner may enter.
    with tempfile.TemporaryDirectory(prefix="tasker-ci-test-") as name:
        folder = Path(name)
        (folder / "ci.yml").write_bytes(b"old")
        folder.chmod(0o555)
        with somebody_else(), pytest.raises(AccessError) as caught:
            write_file(folder / "ci.yml", b"new")
        folder.chmod(0o755)
        assert caught.value.message == f"{folder}/ci.yml cannot be written: Permission denied."
        assert (folder / "ci.yml").read_bytes() == b"old"
        assert names(folder) == ["ci.yml"]


def test_what_a_killed_process_left_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    for name in (".ci.yml.0123abcd.tasker-ci-part", "ci.yml", ".hidden", "a.tasker-ci-part"):
        (tmp_path / name).write_bytes(b"")
    clear_parts(tmp_path)
    clear_parts(tmp_path / "absent")
    assert names(tmp_path) == [".hidden", "a.tasker-ci-part", "ci.yml"]


def test_only_empty_folders_go_and_never_the_root(tmp_path: Path) -> None:
    deep = tmp_path / "root" / "a" / "b"
    deep.mkdir(parents=True)
    remove_empty_folders(deep, tmp_path / "root")
    assert names(tmp_path / "root") == []
    deep.mkdir(parents=True)
    (deep.parent / "file").write_bytes(b"")
    remove_empty_folders(deep, tmp_path / "root")
    assert names(deep.parent) == ["file"]


def test_a_file_that_is_written_anew_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "ci.yml"
    target.write_bytes(b"old")
    target.chmod(0o640)
    write_file(target, b"new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert target.read_bytes() == b"new"
