"""A full disk as the reason of a failure: seen while the command runs, or said by it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tasker_ci.errors import CommandFailed
from tasker_ci.process.command import Command, Completed, check
from tasker_ci.process.disk_room import DiskWatch, says_full

if TYPE_CHECKING:
    from pathlib import Path


def room(free: int, *, files: int = 1000, free_files: int = 10) -> Any:
    return SimpleNamespace(f_files=files, f_favail=free_files, f_bavail=free // 4096, f_frsize=4096)


MIB = 1024**2


@pytest.mark.parametrize(
    "text",
    [
        "  = note: /usr/bin/ld: final link failed: No space left on device",
        "error: failed to write /t/debug/deps/libp.rmeta: No space left on device (os error 28)",
        "error: couldn't create a temp dir: Disk quota exceeded (os error 122) at path",
        "rust-lld: error: failed to write output: No space left on device",
        "database or disk is full",
    ],
)
def test_what_compilers_and_linkers_say_of_a_full_disk(text: str) -> None:
    assert says_full(text)


@pytest.mark.parametrize(
    "text", ["", "error[E0308]: mismatched types", "os error 2", "28 tests", "(os error 2812)"]
)
def test_what_is_about_something_else(text: str) -> None:
    assert not says_full(text)


def test_the_least_room_counts_although_a_failed_linker_gives_it_back(tmp_path: Path) -> None:
    rooms = iter([room(900 * MIB), room(2 * MIB), room(800 * MIB)])
    watch = DiskWatch([tmp_path], look=lambda _: next(rooms))
    watch()
    watch()

    assert watch.short() == f"Only 2.0 MiB were free on the disk of {tmp_path}"


def test_enough_room_is_no_reason(tmp_path: Path) -> None:
    assert DiskWatch([tmp_path], look=lambda _: room(900 * MIB)).short() is None
    assert DiskWatch([]).short() is None


def test_a_disk_without_a_free_file_is_full(tmp_path: Path) -> None:
    full = DiskWatch([tmp_path], look=lambda _: room(900 * MIB, free_files=0))
    assert full.short() == f"Nothing was free on the disk of {tmp_path}"
    # btrfs counts no files.
    assert (
        DiskWatch([tmp_path], look=lambda _: room(900 * MIB, files=0, free_files=0)).short() is None
    )


def test_a_folder_that_is_not_there_yet_is_on_the_disk_of_its_parent(tmp_path: Path) -> None:
    seen: list[Path] = []

    def look(place: Path) -> Any:
        seen.append(place)
        return room(0)

    assert "target/debug" in DiskWatch([tmp_path / "target" / "debug"], look=look).short()
    assert set(seen) == {tmp_path}


def test_a_place_that_cannot_be_asked_is_left_out(tmp_path: Path) -> None:
    def look(_: Path) -> Any:
        raise PermissionError

    assert DiskWatch([tmp_path], look=look).short() is None


def test_what_was_seen_stands_in_the_error_of_a_failed_command(tmp_path: Path) -> None:
    watch = DiskWatch([tmp_path], look=lambda _: room(0))
    command = Command(argv=("cargo", "build"), cwd=tmp_path, environment={})
    assert watch.seen(Completed(exit_code=0, seconds=1)).short_of_room is None

    with pytest.raises(CommandFailed) as caught:
        check(watch.seen(Completed(exit_code=101, seconds=1)), command)

    assert caught.value.message.endswith(f"Nothing was free on the disk of {tmp_path}.")
    assert "cargo clean" in caught.value.next_step
    assert caught.value.exit_code == 101
