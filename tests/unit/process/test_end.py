"""Waiting for the end of a child."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasker_ci.process.end import waiting_for

if TYPE_CHECKING:
    from collections.abc import Iterator

WAYS = [
    pytest.param(
        "woken", marks=pytest.mark.skipif(sys.platform != "linux", reason="pidfd is of Linux")
    ),
    "looking",
]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways; the second is that of other systems and old kernels."""

    def refused(_: int) -> int:
        raise OSError

    def wait(*_: object, **__: object) -> int:
        raise AssertionError("it looks at intervals")

    if request.param == "looking":
        monkeypatch.setattr(os, "pidfd_open", refused, raising=False)
    else:
        monkeypatch.setattr(subprocess.Popen, "wait", wait)


@contextmanager
def started(*argv: str) -> Iterator[subprocess.Popen[bytes]]:
    """A child that reads from us until the block ends."""
    process = subprocess.Popen(argv, stdin=subprocess.PIPE)
    assert process.stdin is not None
    with process.stdin:
        yield process


@pytest.mark.usefixtures("way")
class TestEnd:
    def test_one_that_ends_by_itself(self) -> None:
        with started("sh", "-c", "exit 7") as process, waiting_for(process) as ended:
            assert ended(60)
            assert ended(60), "and it stays so"
        assert process.returncode == 7

    def test_one_that_had_ended_before(self) -> None:
        with started("true") as process:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            with waiting_for(process) as ended:
                assert ended(60)
        assert process.returncode == 0

    def test_one_that_does_not_end_in_time(self) -> None:
        with started("cat") as process, waiting_for(process) as ended:
            assert not ended(0.01)
            assert process.stdin is not None
            process.stdin.close()
            assert ended(60)

    def test_one_that_a_signal_ends(self) -> None:
        with started("cat") as process, waiting_for(process) as ended:
            process.kill()
            assert ended(60)
        assert process.returncode == -signal.SIGKILL

    def test_nothing_stays_open(self) -> None:
        before = descriptors()
        with started("true") as process, waiting_for(process) as ended:
            assert ended(60)
        assert descriptors() == before


def descriptors() -> int:
    """How many files this process has open."""
    return len([*Path("/dev/fd").iterdir()])
