"""Signals of the process as a session hears of them; they are real, sent by the process itself."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import Interrupted
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.command import Command, Output
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.process.signals import Signals

if TYPE_CHECKING:
    from pathlib import Path


def test_a_signal_is_noted_and_raises_nothing_where_it_comes() -> None:
    cancellation = Cancellation()
    with Signals(cancellation):
        signal.raise_signal(signal.SIGTERM)
        assert cancellation.count == 1
        with pytest.raises(Interrupted) as caught:
            cancellation.check()
    assert caught.value.exit_code == 143


def test_the_first_of_two_counts() -> None:
    cancellation = Cancellation()
    with Signals(cancellation), cancellation.holding():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        assert cancellation.signals == (signal.SIGTERM, signal.SIGINT)
    with pytest.raises(Interrupted) as caught:
        cancellation.check()
    assert caught.value.exit_code == 143


def test_in_a_function_of_others_it_is_raised_where_it_comes() -> None:
    with pytest.raises(Interrupted) as caught, Signals(Cancellation(), foreign_code=True):
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.exit_code == 143


def test_the_handlers_of_before_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Signals():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_was_ignored_before_stays_ignored_by_the_child_too(
    tmp_path: Path, number: int
) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    outer, inner = Cancellation(), Cancellation()
    command = Command(
        argv=("/bin/sh", "-c", f"kill -{int(number)} $$; echo lives"), cwd=tmp_path, environment={}
    )
    try:
        with Signals(outer), Signals(inner):
            signal.raise_signal(number)
            answer = ProcessRunner(inner).run(command, output=Output.CAPTURE)
        assert (outer.count, inner.count, answer.stdout) == (0, 0, "lives\n")
        assert signal.getsignal(number) == signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_in_another_thread_there_are_no_handlers() -> None:
    before = signal.getsignal(signal.SIGINT)
    during: list[object] = []

    def enter() -> None:
        with Signals(Cancellation()):
            during.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert during == [before]


COMPUTING = """
import signal
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.signals import Signals
cancellation = Cancellation()
with Signals({token}):
    {first}
    signal.raise_signal(signal.SIGINT)
    print("still computing", flush=True)
    signal.raise_signal(signal.SIGTERM)
    print("to the end", flush=True)
"""


@pytest.mark.parametrize(
    ("token", "first", "code", "printed"),
    [
        ("None", "", 130, ""),
        ("cancellation", "", 143, "still computing\n"),
        ("cancellation", "cancellation.cancel()", 143, "still computing\n"),
        (
            "cancellation",
            "cancellation._held = 1",
            0,
            "still computing\nto the end\n",
        ),
    ],
    ids=["nothing has begun", "a session that never waits", "also cancelled", "a child runs"],
)
def test_who_computes_without_a_wait_ends_by_the_second_signal(
    token: str, first: str, code: int, printed: str
) -> None:
    program = COMPUTING.format(token=token, first=first or "pass")
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, printed, "")


def test_when_all_is_done_no_signal_changes_the_exit_code() -> None:
    program = (
        "import os, signal, sys; from tasker_ci.process.signals import ignore_signals;"
        "ignore_signals(); os.kill(os.getpid(), signal.SIGTERM); sys.exit(7)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 7
