from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.stack.log_files import last_lines, log_file

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
