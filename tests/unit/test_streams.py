"""Writing to streams that are cut off or of a narrow encoding."""

from __future__ import annotations

import io
import os
import signal
from pathlib import Path

import pytest

from tasker_ci.errors import AccessError, Interrupted
from tasker_ci.streams import nowhere, write


def test_what_the_encoding_lacks_is_spelled_out() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    write(stream, "a → b")
    assert raw.getvalue() == b"a \\u2192 b\n"


def test_a_reader_that_has_gone_is_an_interruption_and_the_rest_goes_nowhere() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        with pytest.raises(Interrupted) as caught:
            write(stream, "lost")
        assert caught.value.signal_number == signal.SIGPIPE
        assert caught.value.exit_code == 141
        write(stream, "nowhere")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_said_where_it_can_be_and_the_rest_goes_nowhere(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as stream:
        with pytest.raises(AccessError, match="cannot be written: No space left on device"):
            write(stream, "lost")
        write(stream, "nowhere")
    assert capsys.readouterr().err.startswith("error: The output cannot be written: No space left")


def test_nowhere_is_a_stream_that_a_child_can_be_given() -> None:
    with nowhere() as stream:
        write(stream, "x")
        assert os.fstat(stream.fileno()).st_rdev == Path(os.devnull).stat().st_rdev
