"""Writing to streams that are cut off or of a narrow encoding."""

from __future__ import annotations

import io
import os
import signal
from pathlib import Path

import pytest

from tasker_ci.errors import Interrupted
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


def test_nowhere_is_a_stream_that_a_child_can_be_given() -> None:
    with nowhere() as stream:
        write(stream, "x")
        assert os.fstat(stream.fileno()).st_rdev == Path(os.devnull).stat().st_rdev
