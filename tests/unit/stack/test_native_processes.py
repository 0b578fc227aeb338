from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tasker_ci.process.start import start_of
from tasker_ci.stack import native_processes
from tasker_ci.stack.base import FOLDER_MARK, MARK
from tasker_ci.stack.log_writer import start_writer
from tasker_ci.stack.marked_runs import marked_runs, proves, works_outside
from tasker_ci.stack.native_leftovers import stop_leftovers
from tasker_ci.stack.native_processes import RECORD, living, marked, own, record, recorded
from tasker_ci.stack.native_stops import kill_marked, stop_database, stop_services
from tasker_ci.stack.postgresql_folder import make_place, remove_server_files, server_account
from tasker_ci.text.masking import Secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RUN = f"tasker-ci-{os.getpid():012x}"
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

    def begin(
        program: str, *arguments: str, executable: str = sys.executable, **environment: str
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [executable, "-c", program, *arguments],
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
    assert living(replace(entry, created=entry.created - 60, ticks=entry.ticks - 6000)) is None


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


@pytest.mark.usefixtures("leaves_lost_runs")
def test_the_processes_of_a_run_are_found_by_their_environment(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    ours = start(PATIENT, **{MARK: RUN, FOLDER_MARK: str(tmp_path / RUN)})
    other = "tasker-ci-ffffffffffff"
    theirs = start(PATIENT, **{MARK: other, FOLDER_MARK: "/elsewhere"})
    start(PATIENT, **{MARK: f"{RUN}-other", FOLDER_MARK: str(tmp_path / "other")})
    assert [process.pid for process in marked(RUN)] == [ours.pid]
    found = marked_runs(tmp_path)
    assert {name: each.folder for name, each in found.items()} == {RUN: tmp_path / RUN}
    assert [process.pid for process in found[RUN].processes] == [ours.pid]
    assert [process.pid for process in marked_runs()[other].processes] == [theirs.pid]
    (tmp_path / RUN).mkdir()
    assert proves(tmp_path / RUN)
    assert not proves(tmp_path / "elsewhere" / RUN)
    assert not proves(tmp_path / "tasker-ci-eeeeeeeeeeee")
    assert [each.pid for each in marked(RUN, homes={tmp_path / RUN})] == [ours.pid]
    assert marked(RUN, homes={tmp_path / "copy" / RUN}) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may start what is of others")
@pytest.mark.usefixtures("leaves_lost_runs")
def test_what_another_user_runs_is_none_of_roots_but_the_server_of_a_run(tmp_path: Path) -> None:
    """Root could end all of it, as what a deleted project has left."""
    folder = tmp_path / "project/target/tasker-ci/runs" / RUN
    other = folder.with_name("tasker-ci-fedcba987654")
    folder.mkdir(parents=True)
    account = server_account()
    assert account is not None
    place = make_place(folder, account, Path(tempfile.gettempdir()))
    shutil.rmtree(tmp_path / "project")
    started = [
        subprocess.Popen(
            ["sleep", "600"],
            cwd=place if home == folder else "/",
            env={**os.environ, MARK: home.name, FOLDER_MARK: str(home)},
            user=account.user,
        )
        for home in (folder, other)
    ]
    try:
        found = marked_runs()
        assert [each.pid for each in found[RUN].processes] == [started[0].pid]
        assert other.name not in found
    finally:
        for process in started:
            process.kill()
            process.wait()
        remove_server_files(place)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a container")
@pytest.mark.skipif(shutil.which("unshare") is None, reason="no unshare here")
@pytest.mark.usefixtures("leaves_lost_runs")
def test_what_runs_in_a_container_is_none_of_the_machines(tmp_path: Path) -> None:
    """Its folders are not here, and yet nothing of it was deleted."""
    program = "import os; os.chdir('/proc'); " + PATIENT
    argv = ["unshare", "--mount", sys.executable, "-c", program]
    marks = {MARK: RUN, FOLDER_MARK: str(tmp_path / "container" / RUN)}
    with subprocess.Popen(argv, env={**os.environ, **marks}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        assert RUN not in marked_runs()
        process.kill()


def test_a_server_is_found_by_where_it_works_and_a_shell_there_is_not(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    # Python under another name: PostgreSQL's children overwrite the environment with the mark.
    server = tmp_path / "postgres"
    server.symlink_to(sys.executable)
    program = "import os, sys; os.chdir(sys.argv[1]);" + PATIENT
    shell = start(program, str(data))
    worker = start(program, str(data), executable=str(server))
    shutil.rmtree(data)
    assert {process.pid for process in marked(RUN, data=data)} == {worker.pid}
    kill_marked(RUN, data=data)
    assert worker.wait() == -9
    assert shell.poll() is None


def test_neither_we_nor_who_called_us_are_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = psutil.Process().ppid()
    monkeypatch.setattr(native_processes, "_has_marks", lambda *_: True)
    found = {process.pid for process in marked(RUN)}
    assert not found & {os.getpid(), parent}


def test_services_are_asked_in_reverse_order(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    note = tmp_path / "note"
    entries = []
    for name in ("a", "b"):
        process = start(NOTING, str(note), name)
        entries.append(psutil.Process(process.pid))
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
    entry = psutil.Process(process.pid)
    deadline = time.monotonic() + 60
    while len(marked(RUN)) < 2:
        assert time.monotonic() < deadline
    stop_services([entry], seconds=0.2)
    assert process.wait() == -9
    assert marked(RUN) == []


def test_who_is_impatient_does_not_wait_for_who_does_not_listen(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    asked: list[None] = []

    def at_the_third_look() -> bool:
        asked.append(None)
        return len(asked) > 2

    process = start(DEAF, **{MARK: RUN})
    entry = psutil.Process(process.pid)
    stop_services([entry], seconds=1e9, impatient=at_the_third_look)
    assert process.wait() == -9


def test_a_server_is_told_to_stop_immediately_where_somebody_is_impatient(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    """PostgreSQL removes its shared memory then, too; `SIGKILL` would leave it."""
    ends_at_quit = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        "signal.signal(signal.SIGQUIT, lambda *_: exit(7));" + PATIENT
    )
    process = start(ends_at_quit, **{MARK: RUN})
    stop_database(psutil.Process(process.pid), seconds=1e9, impatient=lambda: True)
    assert process.wait() == 7


class TestARecordAloneIsNoProof:
    """A forged `processes.jsonl` names whatever it likes, with the right moment of its start."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "runs" / RUN
        folder.mkdir(parents=True)
        return folder

    def test_a_stranger_of_the_right_moment_is_left_alone(
        self, folder: Path, start: Callable[..., subprocess.Popen[str]]
    ) -> None:
        process = start(PATIENT)
        entry = record(folder, "worker", process.pid)
        assert living(entry) is not None
        assert own(entry, folder, RUN) is None
        stop_leftovers(folder, seconds=0.2)
        assert process.poll() is None

    @pytest.mark.parametrize("database", [False, True])
    def test_so_is_one_of_another_run(
        self, folder: Path, start: Callable[..., subprocess.Popen[str]], database: bool
    ) -> None:
        process = start(PATIENT, **{MARK: "tasker-ci-ffffffffffff"})
        record(folder, "worker", process.pid, database=database)
        stop_leftovers(folder, seconds=0.2)
        assert process.poll() is None

    def test_a_pid_that_was_given_again_is_left_alone_although_it_has_the_mark(
        self, folder: Path, start: Callable[..., subprocess.Popen[str]]
    ) -> None:
        process = start(PATIENT, **{MARK: RUN})
        entry = record(folder, "worker", process.pid)
        assert own(replace(entry, created=0.0, ticks=entry.ticks - 1), folder, RUN) is None

    def test_a_program_that_cleared_its_environment_is_known_by_the_writer_of_its_log(
        self, folder: Path
    ) -> None:
        marks = {MARK: RUN, FOLDER_MARK: str(folder)}
        writer = start_writer(folder / "worker.log", Secrets({}), marks)
        process = subprocess.Popen(["sleep", "600"], env={}, stdout=writer.pipe)
        writer.close()
        other = subprocess.Popen(["sleep", "600"], env={}, stdout=subprocess.DEVNULL)
        try:
            assert own(record(folder, "other", other.pid), folder, RUN) is None
            found = own(record(folder, "worker", process.pid), folder, RUN)
            assert found is not None
            assert found.pid == process.pid
        finally:
            for each in (process, other):
                each.kill()
                each.wait()
            writer.finish()

    @pytest.mark.parametrize(
        "pid", [1, 0, -1, -12345, 2**31, 2**70, True, 1.5, "1", None, [1]], ids=repr
    )
    def test_what_is_no_process_of_ours_is_not_even_read(self, folder: Path, pid: object) -> None:
        start = start_of(1)
        row = {"service": "worker", "pid": pid, "created": start.created if start else 0.0}
        (folder / RECORD).write_text(json.dumps(row) + "\n", encoding="utf-8")
        assert recorded(folder) == ()
        stop_leftovers(folder, seconds=0.2)

    @pytest.mark.parametrize("row", ["[" * 10_000, '{"pid": 5}', "7", '"x"', "null", "{}"])
    def test_damaged_lines_hide_no_other(self, folder: Path, row: str) -> None:
        (folder / RECORD).write_text(row + "\n", encoding="utf-8")
        entry = record(folder, "worker", os.getpid())
        assert recorded(folder) == (entry,)

    def test_ourselves_and_our_shell_are_never_stopped(self, folder: Path) -> None:
        for pid in (os.getpid(), os.getppid()):
            entry = record(folder, "worker", pid)
            assert own(entry, folder, RUN) is None
        stop_leftovers(folder, seconds=0.2)

    def test_a_record_that_is_a_link_or_a_pipe_is_not_read(
        self, folder: Path, tmp_path: Path
    ) -> None:
        record(tmp_path, "worker", os.getpid())
        (folder / RECORD).symlink_to(tmp_path / RECORD)
        assert recorded(folder) == ()
        (folder / RECORD).unlink()
        os.mkfifo(folder / RECORD)
        assert recorded(folder) == ()


def test_an_older_record_without_ticks_is_still_read(tmp_path: Path) -> None:
    entry = record(tmp_path, "worker", os.getpid())
    row = {"service": "worker", "pid": entry.pid, "created": entry.created, "database": False}
    (tmp_path / RECORD).write_text(json.dumps(row) + "\n", encoding="utf-8")
    (old,) = recorded(tmp_path)
    assert living(old) is not None
    assert living(replace(old, created=old.created - 60)) is None


@pytest.mark.usefixtures("leaves_lost_runs")
def test_a_run_says_by_where_it_works_whether_its_workspace_was_moved_or_deleted(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    workspace = tmp_path / "project"
    folder = workspace / "runs" / RUN
    folder.mkdir(parents=True)
    program = "import os, sys; os.chdir(sys.argv[1]);" + PATIENT
    start(program, str(workspace), **{MARK: RUN, FOLDER_MARK: str(folder)})
    assert proves(folder)
    assert not marked_runs()[RUN].is_deleted
    assert not marked_runs()[RUN].works_outside(tmp_path / "copy")
    moved = workspace.rename(tmp_path / "moved")
    found = marked_runs()[RUN]
    assert found.works_in(moved) == (sys.platform == "linux")
    assert not found.works_in(tmp_path / "copy")
    assert found.works_outside(workspace) == (sys.platform == "linux")
    assert not found.works_outside(moved)
    assert not found.is_deleted
    assert not proves(folder)
    shutil.copytree(moved, workspace)
    assert works_outside(folder, workspace) == (sys.platform == "linux")
    shutil.rmtree(workspace)
    shutil.rmtree(moved)
    assert marked_runs()[RUN].is_deleted
    assert not marked_runs()[RUN].works_outside(workspace)
    assert proves(folder)
