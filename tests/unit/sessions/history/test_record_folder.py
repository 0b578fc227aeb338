"""The folder of records: the newest stay, and however many write at once, each is whole."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tasker_ci.sessions.history.record import Record
from tasker_ci.sessions.history.record_folder import History, leave

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
RECORD = Record(run="r", session="unit", started=NOON, seconds=1.5, status="passed")
MEBIBYTE = 1024 * 1024


def test_the_folder_ignores_itself_if_it_is_made_here(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    leave(RECORD, tmp_path / ".tasker-ci" / "history", keep=9, maximum_bytes=MEBIBYTE)
    own = tmp_path / "records"
    own.mkdir()
    leave(RECORD, own, keep=9, maximum_bytes=MEBIBYTE)
    status = ["git", "-C", str(tmp_path), "status", "--porcelain", "-uall"]
    shown = subprocess.run(status, capture_output=True, text=True, check=True).stdout
    assert ".tasker-ci" not in shown
    assert "records/" in shown, "somebody made it, and may want to commit it"


def test_only_the_newest_stay(tmp_path: Path) -> None:
    for day in range(10):
        record = replace(RECORD, started=NOON + timedelta(days=day), run=str(day))
        leave(record, tmp_path, keep=3, maximum_bytes=MEBIBYTE)
    assert [each.run for each in History(folders=(tmp_path,)).records()] == ["9", "8", "7"]


def test_their_size_is_bounded_and_the_newest_stays_whatever_its_size(tmp_path: Path) -> None:
    names = {("s", "", f"{place * 7919 % 10007:x}"): ("passed", 0.1) for place in range(2000)}
    for day in range(4):
        record = replace(RECORD, started=NOON + timedelta(days=day), tests=names)  # type: ignore[arg-type]
        leave(record, tmp_path, keep=99, maximum_bytes=1000)
    (left,) = History(folders=(tmp_path,)).records()
    assert left.started == NOON + timedelta(days=3)


def test_what_a_killed_writer_left_half_written_goes_after_an_hour(tmp_path: Path) -> None:
    stamp = "20261124T120000000000Z.unit.00000000.json.gz"
    old, new = tmp_path / f".{stamp}.1", tmp_path / f".{stamp}.2"
    for file in (old, new):
        file.write_bytes(b"half")
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    os.utime(old, (long_ago.timestamp(), long_ago.timestamp()))
    leave(RECORD, tmp_path, keep=3, maximum_bytes=MEBIBYTE)
    assert not old.exists()
    assert new.exists(), "its writer may be at it"


def test_what_cannot_be_moved_into_place_is_not_left(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="name too long"):
        leave(replace(RECORD, session="a" * 300), tmp_path, keep=3, maximum_bytes=MEBIBYTE)
    assert list(tmp_path.iterdir()) == []


def test_only_our_own_records_are_removed(tmp_path: Path) -> None:
    """Names and content both count, and a link is not ours whatever it leads to."""
    folder = tmp_path / "history"
    old = leave(RECORD, folder, keep=9, maximum_bytes=MEBIBYTE)
    elsewhere = tmp_path / "elsewhere.json.gz"
    elsewhere.write_bytes(old.read_bytes())
    foreign = {
        "20200101T000000000000Z.unit.00000000.json.gz": b"not a record",
        "20200101T000000000000Z.unit.00000001.json.gz": gzip.compress(b'{"version": 1}'),
        "backup-2020.json.gz": old.read_bytes(),
        ".20200101.json.gz.bak": b"mine",
        "notes.txt": b"mine",
    }
    for name, content in foreign.items():
        (folder / name).write_bytes(content)
        os.utime(folder / name, (0, 0))
    link = folder / "20200101T000000000000Z.unit.00000002.json.gz"
    link.symlink_to(elsewhere)
    os.mkfifo(folder / "20200101T000000000000Z.unit.00000003.json.gz")
    later = replace(RECORD, started=NOON + timedelta(hours=1))
    new = leave(later, folder, keep=1, maximum_bytes=1)
    assert not old.exists()
    left = {each.name for each in folder.iterdir()}
    assert left == {
        ".gitignore", new.name, link.name, "20200101T000000000000Z.unit.00000003.json.gz", *foreign
    }  # fmt: skip
    assert elsewhere.exists()


def _write_many(folder: Path, writer: int, barrier: Any) -> None:
    barrier.wait()
    for number in range(30):
        record = replace(RECORD, run=f"{writer}-{number}", started=datetime.now(UTC))
        leave(record, folder, keep=20, maximum_bytes=MEBIBYTE)


def test_several_write_at_once_and_every_record_is_whole(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    folder = tmp_path / "history"
    writers = [
        context.Process(target=_write_many, args=(folder, writer, barrier)) for writer in range(3)
    ]
    for each in writers:
        each.start()
    for each in writers:
        each.join(60)
    assert [each.exitcode for each in writers] == [0, 0, 0]
    found = History(folders=(folder,))
    left = [each.run for each in found.records()]
    assert found.problems == []
    assert len(left) == len(set(left)) == 20
    assert sorted(each.name for each in folder.iterdir() if each.name.startswith(".")) == [
        ".gitignore"
    ], "nothing half-written stays"


def test_a_record_in_two_folders_is_one(tmp_path: Path) -> None:
    file = leave(RECORD, tmp_path / "a", keep=9, maximum_bytes=MEBIBYTE)
    nested = tmp_path / "artifacts" / "history-1" / file.name
    nested.parent.mkdir(parents=True)
    nested.write_bytes(file.read_bytes())
    found = History(folders=(tmp_path / "a", tmp_path / "artifacts"))
    assert len(list(found.records())) == 1
    assert list(found.records(["doctest"])) == []
    assert list(found.records(enough=lambda session: session == "unit")) == []
