"""`watch` with real saves, another branch, signals and a real terminal; nothing stays behind."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import faces
import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytest.importorskip("watchfiles")

SECONDS = 120
COMMAND = (sys.executable, "-P", "-m", "tasker_ci", "watch", "fmt")
RED = "pub fn  one() -> i32 { 1 }\n"
GREEN = "pub fn one() -> i32 {\n    1\n}\n"


class Watched:
    """A `watch` that runs."""

    def __init__(self, project: Path, log: Path) -> None:
        self.log = log
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                COMMAND,
                cwd=project,
                env=faces.clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
            )

    @property
    def text(self) -> str:
        return self.log.read_text("utf-8")

    def until(self, pattern: str, *, times: int = 1) -> str:
        end = time.monotonic() + SECONDS
        while len(re.findall(pattern, self.text)) < times:
            assert time.monotonic() < end, self.text
            assert self.process.poll() is None, self.text
            time.sleep(0.05)
        return self.text

    def end(self, number: int) -> int:
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        assert not [each for each in children if each.is_running()]
        return code


@pytest.fixture
def project(cargo_workspace: Callable[..., Path]) -> Path:
    folder = cargo_workspace({"src/lib.rs": GREEN})
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        git(folder, *words)
    return folder


def git(folder: Path, *words: str) -> None:
    own = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *own, *words], cwd=folder, check=True, env=faces.clean_environment())


@pytest.fixture
def watched(project: Path, tmp_path: Path) -> Iterator[Watched]:
    found = Watched(project, tmp_path / "watch.log")
    yield found
    if found.process.poll() is None:
        found.end(signal.SIGTERM)


def test_saves_and_another_branch_run_again_and_ctrl_c_leaves_nothing(
    project: Path, watched: Watched
) -> None:
    watched.until("watch: GREEN")
    for number in range(10):
        (project / "src/lib.rs").write_text(f"{RED}// {number}\n", "utf-8")
    watched.until("watch: RED")
    git(project, "stash", "-q")
    watched.until("watch: GREEN", times=2)
    git(project, "checkout", "-q", "-b", "other")
    (project / "src/lib.rs").write_text(RED, "utf-8")
    git(project, "commit", "-q", "-a", "-m", "red")
    watched.until("watch: RED", times=2)
    git(project, "checkout", "-q", "-")
    text = watched.until("watch: GREEN", times=3)
    assert len(re.findall("watch: running", text)) < 10, "ten fast saves are few runs"
    assert watched.end(signal.SIGINT) == 128 + signal.SIGINT
    assert not list(project.rglob("*.tmp"))


def test_sigterm_ends_it_and_what_runs(watched: Watched) -> None:
    watched.until("watch: running")
    assert watched.end(signal.SIGTERM) == 128 + signal.SIGTERM


def test_on_a_terminal_keys_run_again_and_stop_and_the_terminal_is_as_before(
    project: Path,
) -> None:
    import termios

    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    environment = {**faces.clean_environment(), "TERM": "xterm", "LINES": "40", "COLUMNS": "100"}
    process = subprocess.Popen(
        (sys.executable, "-c", CONTROLLING, *COMMAND),
        cwd=project,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    seen = b""

    def until(pattern: bytes) -> None:
        nonlocal seen
        end = time.monotonic() + SECONDS
        while not re.search(pattern, seen):
            assert time.monotonic() < end, seen
            if select.select([ours], [], [], 0.2)[0]:
                seen += os.read(ours, 4096)

    until(rb"GREEN[^$]*q: stop")
    seen = b""
    os.write(ours, b"r")
    until(rb"\x1b\[H\x1b\[2J[^$]*GREEN[^$]*q: stop")
    os.write(ours, b"q")
    until(rb"stopped after 2 runs")
    assert process.wait(SECONDS) == 0
    assert termios.tcgetattr(theirs) == before
    for number in (ours, theirs):
        os.close(number)


CONTROLLING = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal that of the process, as a shell does."""
