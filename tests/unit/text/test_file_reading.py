"""Other people's files: regular ones only, and no more of them than fits."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tasker_ci.text.file_reading import UnfitFile, open_to_read, read_bytes, read_own, read_text


def test_text_is_read_as_python_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"\xef\xbb\xbfone\r\ntwo\n")
    assert read_text(file, encoding="utf-8-sig") == "one\ntwo\n"
    assert read_bytes(file).endswith(b"one\r\ntwo\n")


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text", encoding="utf-8")
    (tmp_path / "b").symlink_to("a")
    assert read_text(tmp_path / "b") == "text"


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnfitFile, match="it is a pipe, no regular file") as caught:
        read_bytes(tmp_path / "pipe")
    assert caught.value.filename == str(tmp_path / "pipe")


def test_a_device_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "endless").symlink_to("/dev/zero")
    with pytest.raises(UnfitFile, match="a device"):
        read_bytes(tmp_path / "endless")


def test_a_socket_is_not_read(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        with pytest.raises(UnfitFile, match="no regular file"):
            read_bytes(tmp_path / "s")


def test_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="Is a directory") as caught:
        read_bytes(tmp_path)
    assert caught.value.filename == str(tmp_path)


def test_a_file_has_a_bound_also_one_that_says_no_size(tmp_path: Path) -> None:
    file = tmp_path / "large"
    with file.open("wb") as stream:
        stream.truncate(3 << 20)
    with pytest.raises(UnfitFile, match="larger than 2 MiB"):
        read_bytes(file, most=2 << 20)
    with pytest.raises(UnfitFile, match="larger than 2 MiB"):
        open_to_read(file, most=2 << 20)
    assert len(read_bytes(file, most=3 << 20)) == 3 << 20
    if Path("/proc/self/maps").exists():
        with pytest.raises(UnfitFile, match="larger than 10 bytes"):
            read_bytes(Path("/proc/self/maps"), most=10)


def test_what_is_absent_is_absent(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "no")


class TestWhatWeWroteOurselves:
    def test_a_link_is_none_of_it(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("text", encoding="utf-8")
        (tmp_path / "b").symlink_to("a")
        assert read_own(tmp_path / "a") == "text"
        with pytest.raises(OSError, match="symbolic link"):
            read_own(tmp_path / "b")

    def test_a_pipe_does_not_hang(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(UnfitFile, match="it is a pipe"):
            read_own(tmp_path / "pipe")

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
    def test_a_file_of_another_user_is_none_of_it(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("text", encoding="utf-8")
        os.chown(tmp_path / "a", 65534, 65534)
        with pytest.raises(UnfitFile, match="it belongs to another user"):
            read_own(tmp_path / "a")

    def test_it_is_short(self, tmp_path: Path) -> None:
        with (tmp_path / "a").open("wb") as stream:
            stream.truncate((1 << 20) + 1)
        with pytest.raises(UnfitFile, match="larger than 1 MiB"):
            read_own(tmp_path / "a")
