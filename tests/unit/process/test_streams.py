"""Writing to streams that are cut off or of a narrow encoding."""

from __future__ import annotations

import errno
import io
import os
import signal
import threading
from pathlib import Path

import pytest

from tasker_ci.errors import Interrupted
from tasker_ci.process.streams import lost_output, nowhere, settle, write


def test_what_the_encoding_lacks_is_spelled_out() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    write(stream, "a → b")
    assert raw.getvalue() == b"a \\u2192 b\n"


def test_a_reader_that_has_gone_is_returned_and_the_rest_goes_nowhere() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        error = write(stream, "lost")
        assert error is not None
        told = lost_output(error)
        assert isinstance(told, Interrupted)
        assert told.exit_code == 128 + signal.SIGPIPE
        assert write(stream, "nowhere") is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_returned_and_the_rest_goes_nowhere() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as stream:
        error = write(stream, "lost")
        assert error is not None
        told = lost_output(error)
        assert told.message == "The output cannot be written: No space left on device."
        assert told.exit_code == 1
        assert write(stream, "nowhere") is None


def test_a_terminal_that_has_gone_is_returned_and_the_rest_goes_nowhere() -> None:
    ours, theirs = os.openpty()
    os.close(ours)
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        error = write(stream, "lost")
        assert error is not None
        assert error.errno == errno.EIO
        assert write(stream, "nowhere") is None


def test_a_number_that_was_closed_is_returned_and_the_rest_goes_nowhere(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w", encoding="utf-8") as stream:
        os.close(stream.fileno())
        error = write(stream, "lost")
        assert error is not None
        assert error.errno == errno.EBADF
        assert write(stream, "nowhere") is None


def test_a_full_pipe_that_somebody_made_non_blocking_is_waited_for() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    text = "x" * 1_000_000
    taken: list[bytes] = []

    def read() -> None:
        while data := os.read(reading, 1 << 16):
            taken.append(data)

    thread = threading.Thread(target=read)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        thread.start()
        assert write(stream, text) is None
    thread.join()
    os.close(reading)
    assert b"".join(taken).decode() == text + "\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_at_exit_nothing_is_left_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        stream.write("waits")
        error = settle()
        assert error is not None
        assert error.errno == errno.ENOSPC
        assert settle() is None


def test_nowhere_is_a_stream_that_a_child_can_be_given() -> None:
    with nowhere() as stream:
        write(stream, "x")
        assert os.fstat(stream.fileno()).st_rdev == Path(os.devnull).stat().st_rdev
