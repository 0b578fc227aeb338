"""Segments of System V: removed only if a dead server of the right user made them."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tasker_ci.stack.shared_memory import Segment, read_segment, remove_segment, remove_segment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MAKER = """\
import ctypes, os, sys
system = ctypes.CDLL(None)
key = 0x7A000000 + os.getpid()
identifier = system.shmget(key, 4096, 0o1600)
print(os.getpid(), key, identifier)
"""


def exists(segment: Segment) -> bool:
    return bool(ctypes.CDLL(None).shmget(segment.key, 0, 0) == segment.identifier)


@pytest.fixture
def make() -> Iterator[Callable[[], Segment]]:
    """A segment whose maker has ended."""
    made: list[Segment] = []

    def begin() -> Segment:
        answer = subprocess.run([sys.executable, "-c", MAKER], capture_output=True, check=True)
        maker, key, identifier = map(int, answer.stdout.split())
        assert identifier >= 0
        made.append(Segment(maker=maker, key=key, identifier=identifier))
        return made[-1]

    yield begin
    for segment in made:
        ctypes.CDLL(None).shmctl(segment.identifier, 0, None)


def test_the_segment_of_a_dead_server_of_ours_is_removed(make: Callable[[], Segment]) -> None:
    segment = make()
    assert exists(segment)
    remove_segment(segment, owner=os.geteuid())
    assert not exists(segment)


def test_that_of_another_user_stays(make: Callable[[], Segment]) -> None:
    segment = make()
    remove_segment(segment, owner=os.geteuid() + 1)
    assert exists(segment)


def test_one_that_the_server_did_not_make_stays(make: Callable[[], Segment]) -> None:
    segment = make()
    forged = Segment(maker=1, key=segment.key, identifier=segment.identifier)
    remove_segment(forged, owner=os.geteuid())
    assert exists(segment) or sys.platform != "linux"


def test_key_and_id_have_to_belong_together(make: Callable[[], Segment]) -> None:
    one, other = make(), make()
    mixed = Segment(maker=one.maker, key=one.key, identifier=other.identifier)
    remove_segment(mixed, owner=os.geteuid())
    assert exists(one)
    assert exists(other)


def test_one_that_somebody_uses_stays(make: Callable[[], Segment]) -> None:
    segment = make()
    system = ctypes.CDLL(None)
    system.shmat.restype = ctypes.c_void_p
    address = system.shmat(segment.identifier, None, 0)
    remove_segment(segment, owner=os.geteuid())
    assert exists(segment) or sys.platform != "linux"
    system.shmdt(ctypes.c_void_p(address))


@pytest.mark.parametrize(
    "text",
    ["", "1\n2\n3\n4\n5\n6\nno numbers\n", "x\n" * 7, "1\n" * 6 + "1\n", "1\n" * 6 + "1 2 3\n"],
)
def test_a_damaged_pid_file_names_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "postmaster.pid").write_text(text, encoding="utf-8")
    assert read_segment(tmp_path) is None
    remove_segment_of(tmp_path)


def test_a_pid_file_that_is_a_link_or_a_pipe_is_not_read(tmp_path: Path) -> None:
    good = "-7\n\n\n\n\n\n  11   12"
    (tmp_path / "file").write_text(good, encoding="utf-8")
    (tmp_path / "postmaster.pid").symlink_to(tmp_path / "file")
    assert read_segment(tmp_path) is None
    (tmp_path / "postmaster.pid").unlink()
    os.mkfifo(tmp_path / "postmaster.pid")
    assert read_segment(tmp_path) is None
    (tmp_path / "postmaster.pid").unlink()
    (tmp_path / "file").rename(tmp_path / "postmaster.pid")
    assert read_segment(tmp_path) == Segment(maker=7, key=11, identifier=12)
