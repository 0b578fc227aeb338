from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasker_ci.stack.log_files import FollowedLog, last_lines, log_file

if TYPE_CHECKING:
    from pathlib import Path


def test_a_log_stays_in_its_folder_whatever_the_service_is_called(tmp_path: Path) -> None:
    assert log_file(tmp_path, "worker-1.a") == tmp_path / "worker-1.a.log"
    assert log_file(tmp_path, "../a b").parent == tmp_path


def test_the_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_bytes(b"one\ntwo\xff\nthree\n")
    assert last_lines(log, 2) == "two\N{REPLACEMENT CHARACTER}\nthree"
    assert last_lines(log, 10).startswith("one\n")


def test_a_long_log_is_not_read_whole(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text("x" * 1_000_000 + "\nlast\n")
    assert len(last_lines(log, 100)) < 300_000
    assert last_lines(log, 1) == "last"


def test_no_log_has_no_lines(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "absent.log", 5) == ""


def test_a_log_that_is_followed_gives_every_line_once_and_whole(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    followed = FollowedLog(log)
    assert followed.new_lines() == []  # it is not there yet
    log.write_bytes(b"one\ntwo\nthr")
    assert followed.last_lines(1) == ["two"]
    with log.open("ab") as file:  # written between the first look and the next
        file.write(b"ee\n\nfour\n")
    assert followed.new_lines() == ["three", "", "four"]
    assert followed.new_lines() == []


def test_following_a_long_log_begins_near_its_end(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("".join(f"line {number}\n" for number in range(100_000)), encoding="ascii")
    assert FollowedLog(log).last_lines(2) == ["line 99998", "line 99999"]
    assert FollowedLog(log).last_lines(0) == []


def test_only_a_log_of_ours_is_read(tmp_path: Path) -> None:
    """A link may lead to anything, `/dev/zero` has no end, and a pipe would be waited for."""
    (tmp_path / "letter.txt").write_text("private\n", encoding="utf-8")
    for name, target in (("endless", "/dev/zero"), ("link", "letter.txt")):
        (tmp_path / name).symlink_to(target)
    os.mkfifo(tmp_path / "pipe")
    for name in ("endless", "link", "pipe"):
        assert last_lines(tmp_path / name, 3) == ""
        assert FollowedLog(tmp_path / name).last_lines(3) == []
