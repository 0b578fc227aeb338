"""Waiting for another cargo's file lock is seen in the kernel's table of locks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tasker_ci.process.lock_watch import PATIENCE_SECONDS, LockWatch, blocking_process

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = 4194305
"""Past the highest pid there is."""

# Recorded while `cargo check` (18119) and `cargo clippy` (18118, whose own cargo is 18129) waited
# for a build directory; the holder is put in.
RECORDED = """\
1: FLOCK  ADVISORY  WRITE 18231 fe:00:10053966 0 EOF
2: FLOCK  ADVISORY  READ 18129 fe:00:10051586 0 EOF
3: FLOCK  ADVISORY  READ 18119 fe:00:10051586 0 EOF
4: FLOCK  ADVISORY  WRITE {holder} fe:00:10030814 0 EOF
4: -> FLOCK  ADVISORY  WRITE 18119 fe:00:10030814 0 EOF
4:  -> FLOCK  ADVISORY  WRITE 18129 fe:00:10030814 0 EOF
"""
CHECK = 18119
CLIPPY = 18118
GROUPS = {18118: 18118, 18129: 18118, 18119: 18119}


def group_of(pid: int) -> int:
    if pid not in GROUPS:
        raise ProcessLookupError
    return GROUPS[pid]


@pytest.fixture
def locks(tmp_path: Path) -> Path:
    file = tmp_path / "locks"
    file.write_text(RECORDED.format(holder=os.getpid()), encoding="ascii")
    return file


def test_who_holds_the_lock_of_a_waiting_child_is_named(locks: Path) -> None:
    found = blocking_process(locks, CHECK, group_of)
    assert found is not None
    assert f"(pid {os.getpid()})" in found
    assert "python" in found


def test_a_cargo_that_the_child_started_waits_for_it_too(locks: Path) -> None:
    assert blocking_process(locks, CLIPPY, group_of) == blocking_process(locks, CHECK, group_of)


@pytest.mark.parametrize("pid", [18231, os.getpid(), NOBODY], ids=["holder", "we", "nobody"])
def test_who_holds_a_lock_or_none_does_not_wait(locks: Path, pid: int) -> None:
    assert blocking_process(locks, pid, group_of) is None


@pytest.mark.parametrize("holder", [NOBODY, 0, -1])
def test_a_holder_that_cannot_be_seen_is_another_process(tmp_path: Path, holder: int) -> None:
    file = tmp_path / "locks"
    file.write_text(RECORDED.format(holder=holder), encoding="ascii")
    named = blocking_process(file, CHECK, group_of)
    assert named == "another process"


def test_without_a_table_nothing_is_seen(tmp_path: Path) -> None:
    assert blocking_process(tmp_path / "none", CHECK, group_of) is None


class TestWatch:
    def test_a_long_wait_is_said_once(self, locks: Path) -> None:
        said: list[str] = []
        watch = LockWatch(said.append, locks=locks, group_of=group_of)
        for tenth in range(200):
            watch(CHECK, tenth / 10)
        (text,) = said
        assert text.startswith(f"cargo has waited {PATIENCE_SECONDS:.0f} s for a file lock that `")

    def test_a_short_wait_is_not(self, locks: Path) -> None:
        said: list[str] = []
        watch = LockWatch(said.append, locks=locks, group_of=group_of)
        watch(CHECK, 3.0)
        waiting = locks.read_text(encoding="ascii")
        locks.write_text("", encoding="ascii")
        watch(CHECK, 6.0)
        locks.write_text(waiting, encoding="ascii")
        watch(CHECK, 9.0)
        watch(CHECK, 9.0 + PATIENCE_SECONDS - 0.1)
        assert said == []
        watch(CHECK, 9.0 + PATIENCE_SECONDS)
        assert len(said) == 1
