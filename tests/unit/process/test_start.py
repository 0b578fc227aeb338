"""When processes started: the same after each step of the clock, another one for each process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tasker_ci.process import start as process_start
from tasker_ci.process.start import ProcessStart, is_elsewhere, oldest_first, start_of


def test_a_process_is_the_same_however_often_it_is_asked() -> None:
    first, second = start_of(os.getpid()), start_of(os.getpid())
    assert first is not None
    assert second is not None
    assert first == second
    assert first.is_same(second)
    assert first.created == psutil.Process().create_time()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
def test_linux_says_the_ticks_and_the_boot_also_of_a_hostile_name(tmp_path: Path) -> None:
    program = tmp_path / "a) R 1 1"
    program.symlink_to(sys.executable)
    with subprocess.Popen([program, "-c", "input()"], stdin=subprocess.PIPE) as process:
        start = start_of(process.pid)
        process.communicate(b"\n")
    assert start is not None
    ours = start_of(os.getpid())
    assert ours is not None
    assert start.boot == ours.boot
    assert start.ticks >= ours.ticks


@pytest.mark.parametrize("seconds", [-86400.0, -1.0, 1.0, 3600.0])
def test_the_clock_decides_only_without_ticks(seconds: float) -> None:
    start = ProcessStart(created=1_000_000.0, ticks=77, boot="one")
    moved = replace(start, created=start.created + seconds)
    assert start.is_same(moved)
    assert not start.is_same(replace(start, ticks=78))
    assert not start.is_same(replace(start, boot="two"))
    old = ProcessStart(created=start.created)
    assert old.is_same(start)
    assert old.is_same(moved) == (abs(seconds) < 2)


@pytest.mark.parametrize("pid", [-1, 2**31 - 1, 2**70])
def test_what_is_no_process_has_no_start(pid: int) -> None:
    assert start_of(pid) is None


def test_a_process_that_nobody_has_collected_is_gone() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert ended.stdout is not None
    ended.stdout.read()
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert start_of(ended.pid) is None
    ended.communicate()


class TestContainers:
    """Each counts its processes by itself, and all of them may share a target directory."""

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a container")
    @pytest.mark.skipif(shutil.which("unshare") is None, reason="no unshare here")
    def test_a_process_of_another_one_is_not_ours_to_judge_while_it_runs(self) -> None:
        code = (
            "import os; from tasker_ci.process.start import start_of;"
            "start = start_of(os.getpid()); print(start.ticks, start.boot, flush=True); input()"
        )
        argv = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", code]
        pipe = subprocess.PIPE
        with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as container:
            assert container.stdout is not None
            ticks, boot = container.stdout.readline().split()
            start = ProcessStart(ticks=int(ticks), boot=boot)
            assert is_elsewhere(start)
            container.communicate("\n")
        ours = start_of(os.getpid())
        assert ours is not None
        assert not is_elsewhere(ours)
        if ours.boot.endswith("@pid:[4026531836]"):  # we see them all, and it is gone
            assert not is_elsewhere(start)

    def test_from_within_one_nobody_sees_the_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(process_start, "_boot", lambda: "boot@pid:[2]")
        assert is_elsewhere(ProcessStart(ticks=1, boot="boot@pid:[1]"))
        assert not is_elsewhere(ProcessStart(ticks=1, boot="boot@pid:[2]"))
        assert not is_elsewhere(ProcessStart(ticks=1, boot="an-earlier-boot@pid:[1]"))
        assert not is_elsewhere(ProcessStart(ticks=1, boot="boot"))
        assert not is_elsewhere(ProcessStart(created=1.0))


def test_the_oldest_comes_first_whatever_its_number() -> None:
    """Numbers wrap around: a child may have a smaller one than who started it."""
    ours = os.getpid()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        pids = [child.pid, ours, os.getppid()]
        assert oldest_first(pids) == oldest_first(reversed(pids)) == pids[::-1]
        child.communicate(b"\n")
    assert oldest_first([child.pid, ours]) == [ours, child.pid]
