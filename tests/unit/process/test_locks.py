"""One process at a time: the second waits, says so, and gets the lock however the first ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import AccessError
from tasker_ci.process import locks
from tasker_ci.process.locks import alone, lock_file

if TYPE_CHECKING:
    from collections.abc import Iterator

WAITING = "Another one is at it; waiting."
HOLDER = """
import sys, time
from pathlib import Path
from tasker_ci.process.locks import alone
with alone(Path(sys.argv[1]), print, "waiting", pause=time.sleep) as missing:
    print("held", missing, flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(lock: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "held None\n"
        yield process
        process.stdin.close()


def test_the_second_waits_for_the_first_and_says_so(tmp_path: Path) -> None:
    lock = tmp_path / "locks" / "x.lock"
    with holder(lock) as first:
        assert first.stdin is not None
        said = []

        def say(text: str) -> None:
            said.append(text)
            first.stdin.close()  # type: ignore[union-attr]

        with alone(lock, say, WAITING, pause=time.sleep) as missing:
            assert missing is None
    assert said == [WAITING]


def test_nobody_waits_for_ever_where_there_is_a_limit(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    said: list[str] = []
    with (
        holder(lock),
        pytest.raises(AccessError, match=r"Another process has held .*x\.lock for 0 s") as caught,
        alone(lock, said.append, WAITING, pause=time.sleep, seconds=0.1),
    ):
        pytest.fail("two have the lock")
    assert said == [WAITING]
    assert caught.value.exit_code == 3
    assert "Ctrl-Z" in caught.value.next_step


def test_a_long_wait_is_said_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "NEWS_SECONDS", 0.01)
    lock = tmp_path / "x.lock"
    said: list[str] = []
    with holder(lock) as first:

        def say(text: str) -> None:
            said.append(text)
            if len(said) == 3:
                first.stdin.close()  # type: ignore[union-attr]

        with alone(lock, say, WAITING, pause=time.sleep):
            pass
    assert len(said) >= 3


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_lock_of_a_process_that_was_killed_is_free(tmp_path: Path, number: int) -> None:
    lock = tmp_path / "x.lock"
    with holder(lock) as first:
        first.send_signal(number)
        first.wait()
        with alone(lock, pytest.fail, WAITING, pause=time.sleep, seconds=0) as missing:
            assert missing is None
        assert [each.name for each in tmp_path.iterdir()] == ["x.lock"]


def test_two_threads_of_a_process_take_turns(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        for _ in range(20):
            with alone(lock, lambda _text: None, WAITING, pause=time.sleep):
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}
    assert len(most) == 60


def test_where_the_machine_gives_no_lock_the_block_runs_and_knows_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with alone(tmp_path / "file" / "x.lock", print, WAITING, pause=time.sleep) as missing:
        assert missing in {"Not a directory", "File exists"}
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "x.lock").symlink_to(victim)
    (tmp_path / "y.lock").symlink_to(tmp_path / "made")
    for name in ("x.lock", "y.lock"):
        with alone(tmp_path / name, print, WAITING, pause=time.sleep) as missing:
            assert missing
    assert victim.read_text() == "mine"
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("error", [OSError("no locks here"), NotImplementedError("no flock")])
def test_a_file_system_without_locks_is_no_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    import filelock

    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(filelock.FileLock, "acquire", fails)  # no such file system is here
    with alone(tmp_path / "x.lock", print, WAITING, pause=time.sleep) as missing:
        assert missing == str(error)
    with (
        pytest.raises(OSError, match=str(error)),
        alone(tmp_path / "x.lock", print, WAITING, pause=time.sleep, required=True),
    ):
        pytest.fail("nobody has the lock")


def test_an_error_within_the_lock_is_the_callers(tmp_path: Path) -> None:
    for place in (tmp_path / "x.lock", tmp_path / "x.lock" / "none"):
        with pytest.raises(FileNotFoundError), alone(place, print, WAITING, pause=time.sleep):
            raise FileNotFoundError
    with alone(tmp_path / "x.lock", print, WAITING, pause=time.sleep, seconds=0) as missing:
        assert missing is None


def test_locks_lie_in_the_cache_folder_by_the_real_place_of_what_they_guard(
    tmp_path: Path,
) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    one = lock_file(environment, "report", tmp_path / "real" / "junit.xml")
    assert one.parent == tmp_path / "cache" / "tasker-ci" / "locks"
    assert one == lock_file(environment, "report", tmp_path / "link" / "junit.xml")
    assert one != lock_file(environment, "report", tmp_path / "real" / "other.xml")
    assert one != lock_file(environment, "sync", tmp_path / "real" / "junit.xml")
    assert lock_file(environment, "sync", Path(os.fsdecode(b"/\xff"))).name.startswith("sync-")
