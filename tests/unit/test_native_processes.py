from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tasker_ci.stack.base import FOLDER_MARK, MARK
from tasker_ci.stack.native_processes import (
    RECORD,
    Recorded,
    kill_marked,
    living,
    marked,
    marked_runs,
    record,
    recorded,
    stop_services,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RUN = f"tasker-ci-test-{os.getpid()}"
PATIENT = "import time; print('here', flush=True); time.sleep(600)"
DEAF = "import signal; signal.signal(15, signal.SIG_IGN);" + PATIENT
NOTING = (
    "import os, signal, sys, time\n"
    "def stop(*_):\n"
    "    with open(sys.argv[1], 'a') as file: file.write(sys.argv[2])\n"
    "    sys.exit()\n"
    "signal.signal(15, stop)\n" + PATIENT
)


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a process that leads a group, with these variables added; returns once it runs."""
    started = []

    def begin(program: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_what_was_written_down_is_read_in_its_order(tmp_path: Path) -> None:
    first = record(tmp_path, "postgres", os.getpid(), database=True)
    second = record(tmp_path, "worker", os.getppid())
    assert recorded(tmp_path) == (first, second)
    assert (tmp_path / RECORD).stat().st_mode & 0o777 == 0o600


def test_a_line_that_was_cut_off_hides_no_other(tmp_path: Path) -> None:
    entry = record(tmp_path, "worker", os.getpid())
    with (tmp_path / RECORD).open("a", encoding="utf-8") as file:
        file.write('{"service": "orche')
    assert recorded(tmp_path) == (entry,)


def test_nothing_was_written_down(tmp_path: Path) -> None:
    assert recorded(tmp_path) == ()


def test_a_pid_that_was_given_again_is_somebody_else(tmp_path: Path) -> None:
    entry = record(tmp_path, "worker", os.getpid())
    assert living(entry) is not None
    assert living(Recorded(service="worker", pid=entry.pid, created=entry.created - 60)) is None


def test_a_process_that_nobody_has_collected_yet_does_not_live(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    process = start(PATIENT)
    entry = record(tmp_path, "worker", process.pid)
    os.kill(process.pid, 9)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert living(entry) is None


def test_parents_are_named_before_their_children(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    nested = "import subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]])"
    start(nested, *(["-c", nested] * 4), "-c", PATIENT, **{MARK: RUN})
    found = marked(RUN)
    places = {process.pid: place for place, process in enumerate(found)}
    assert len(found) == 6
    assert all(places[process.ppid()] < places[process.pid] for process in found[1:])
    kill_marked(RUN)
    assert not marked(RUN)


def test_the_processes_of_a_run_are_found_by_their_environment(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    ours = start(PATIENT, **{MARK: RUN, FOLDER_MARK: str(tmp_path / RUN)})
    start(PATIENT, **{MARK: f"{RUN}-other", FOLDER_MARK: "/elsewhere"})
    assert [process.pid for process in marked(RUN)] == [ours.pid]
    assert marked_runs(tmp_path) == {RUN: tmp_path / RUN}


def test_a_process_is_found_by_where_it_works(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    worker = start("import os, sys; os.chdir(sys.argv[1]);" + PATIENT, str(data))
    data.rmdir()
    assert {process.pid for process in marked(RUN, data=data)} == {worker.pid}
    kill_marked(RUN, data=data)
    assert worker.wait() == -9


def test_services_are_asked_in_reverse_order(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    note = tmp_path / "note"
    entries = []
    for name in ("a", "b"):
        process = start(NOTING, str(note), name)
        entries.append(record(tmp_path, name, process.pid))
    # The last one is stopped while the first one still runs.
    stop_services(entries[1:], seconds=60)
    assert note.read_text() == "b"
    stop_services(entries, seconds=60)
    assert note.read_text() == "ba"


def test_who_does_not_listen_is_killed_with_those_below_him(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    below = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {DEAF!r}]);"
    process = start(below + DEAF, **{MARK: RUN})
    entry = record(tmp_path, "worker", process.pid)
    deadline = time.monotonic() + 60
    while len(marked(RUN)) < 2:
        assert time.monotonic() < deadline
    stop_services([entry], seconds=0.2)
    assert process.wait() == -9
    assert marked(RUN) == []


def test_a_process_that_is_not_ours_any_more_is_left_alone(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    process = start(PATIENT)
    entry = record(tmp_path, "worker", process.pid)
    stranger = Recorded(service="worker", pid=process.pid, created=entry.created - 60)
    stop_services([stranger], seconds=0.2)
    assert process.poll() is None
