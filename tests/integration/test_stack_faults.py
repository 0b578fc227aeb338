"""Everything that can go wrong while services run, on both stacks.

Each time: the exit code is right, the message names the cause, the evidence is there, and nothing
of the run is left. Engine, PostgreSQL, cargo and nextest are real. Signals have their own module.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import socket
import subprocess
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import compose_runs
import psutil
import pytest
from compose_projects import (
    READY_FILE,
    hang_the_image,
    only_borrowed_programs,
    only_the_service,
    remains,
    step_containers,
)
from second_engine import PERL_IMAGE
from service_projects import BEHAVIOUR, LOGGED, PASSWORD, PHASE, READY, evidence
from session_processes import PATIENCE_SECONDS, call, in_phase, started, until

from tasker_ci.stack.native_parts import find_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import faces
    from second_engine import Engine

STACKS = ("compose", "native")
FIXED_PORT = 18080
"""The service's port in the settings."""

both_stacks = pytest.mark.parametrize("stack", STACKS)

ONE_SHOT = """
[integration.services.seed]
command = ["sh", "-c", "echo sowing; exit ${SEED_CODE:-0}"]
"""


@pytest.fixture
def project(checkout: Callable[..., Path]) -> Path:
    return checkout()


def integration(project: Path, stack: str, *arguments: str, **environment: str) -> faces.Ended:
    return call(project, "integration", "--stack", stack, *arguments, **environment)


def failed(project: Path, ended: faces.Ended, code: int, *said: str) -> None:
    """It ended with this code, said all of this, kept evidence of it and left nothing."""
    assert ended.exit_code == code, ended.text
    for words in said:
        assert words in ended.text, ended.text
    (folder,) = re.findall(r"^evidence: (.+)$", ended.text, re.MULTILINE)
    names = {path.name for path in Path(folder).iterdir()}
    assert names & {"ps.json", "states.json"}
    assert not remains(project), ended.text


class TestHealthThatNeverComes:
    @pytest.mark.parametrize(
        ("stack", "status"), [("compose", 503), ("native", 503), ("native", 301)]
    )
    def test_the_time_is_over(self, project: Path, stack: str, status: int) -> None:
        ended = integration(project, stack, "--timeout", "2", **{BEHAVIOUR: f"status {status}"})
        failed(
            project,
            ended,
            1,
            "error: web did not become healthy within 2 s",
            f"/health says HTTP {status}",
            f"last lines of web:\n{LOGGED}\n",
            "--timeout",
        )
        assert {"health.txt", "web.log", "database.log"} <= evidence(project)


@both_stacks
class TestServices:
    @pytest.mark.parametrize("code", [1, 0])
    def test_a_service_that_ends_while_it_is_waited_for(
        self, project: Path, stack: str, code: int
    ) -> None:
        ended = integration(project, stack, **{BEHAVIOUR: f"exit {code}"})
        failed(project, ended, 1, f"error: web ended with exit code {code}", LOGGED)

    def test_a_one_shot_that_ends_well_is_no_failure(self, project: Path, stack: str) -> None:
        with_one_shot(project)
        ended = integration(project, stack)
        assert ended.exit_code == 0, ended.text
        assert "seed: healthy after" in ended.text
        assert not remains(project)

    def test_a_one_shot_that_ends_badly_is_one(self, project: Path, stack: str) -> None:
        with_one_shot(project)
        ended = integration(project, stack, SEED_CODE="4")
        failed(project, ended, 1, "error: ", "seed", "exit", "4", "last lines of seed")

    def test_one_that_is_killed_during_the_tests(self, project: Path, stack: str) -> None:
        ended = integration(project, stack, **{BEHAVIOUR: "die"})
        failed(project, ended, 100, "tests failed", "last lines of web (ended with exit code 137")
        assert LOGGED in ended.text

    def test_a_failing_test_shows_what_services_printed_and_no_secret(
        self, project: Path, stack: str
    ) -> None:
        ended = integration(project, stack, FAIL="1", API_KEY="0123456789abcdef0123")
        failed(project, ended, 100, "error: 1 of 2 tests failed.", f"last lines of web:\n{LOGGED}")
        assert f"integration --stack {stack} --filter 'binary_id(=sample::end_to_end)" in ended.text
        kept = [path for path in (project / "target/tasker-ci/logs").rglob("*") if path.is_file()]
        (health,) = (path for path in kept if path.name == "health.txt")
        assert "web: healthy" in health.read_text(encoding="utf-8")
        for text in (ended.text, *(path.read_text(encoding="utf-8") for path in kept)):
            assert "0123456789abcdef0123" not in text
            assert PASSWORD not in text


@both_stacks
def test_a_build_has_a_deadline_of_its_own(project: Path, stack: str) -> None:
    ready = str(project / READY_FILE)
    limit = {"TASKER_CI_INTEGRATION_BUILD_SECONDS": "1"}
    ended = integration(project, stack, **limit, **{PHASE: "build", READY: ready})
    failed(project, ended, 1, "error: `python3 build.py` ran past its deadline of 1 s")


def test_so_has_the_build_of_an_image(project: Path) -> None:
    step = hang_the_image(project, "web")
    ended = integration(project, "compose", TASKER_CI_INTEGRATION_BUILD_SECONDS="2")
    assert not step_containers(step)
    failed(project, ended, 1, "error: `docker build", "ran past its deadline of 2 s")


def with_one_shot(project: Path) -> None:
    with (project / ".config" / "tasker-ci.toml").open("a", encoding="utf-8") as file:
        file.write(ONE_SHOT)


class TestContainers:
    def test_a_migration_that_fails(self, project: Path) -> None:
        ended = integration(project, "compose", MIGRATE_CODE="5")
        failed(project, ended, 5, "The database cannot be migrated (exit code 5): relation exists")
        assert "Starting 2 tests" not in ended.text

    def test_a_build_that_fails(self, project: Path) -> None:
        ended = integration(project, "compose", BUILD_CODE="7")
        failed(project, ended, 7, "`python3 build.py` failed with exit code 7")

    def test_a_crash_loop(self, project: Path) -> None:
        ended = integration(project, "compose", RESTART="always", **{BEHAVIOUR: "exit 3"})
        failed(project, ended, 1, "error: web ended (restarted", "exit code 3", LOGGED)

    def test_one_that_is_unhealthy_for_docker_ends_the_wait_at_once(self, project: Path) -> None:
        ended = integration(project, "compose", CHECK="echo the queue is missing; exit 1")
        failed(project, ended, 1, "error: web is unhealthy: the queue is missing.")
        assert "the queue is missing" in json.dumps(read_evidence(project, "health.json"))

    def test_an_image_that_cannot_be_built(self, project: Path) -> None:
        file = project / "docker" / "web" / "Dockerfile"
        text = file.read_text(encoding="utf-8")
        file.write_text(f"{text}RUN echo no room here >&2; exit 5\n", encoding="utf-8")
        ended = integration(project, "compose")
        failed(project, ended, 5, "error: The images of the services cannot be built", "code: 5")
        assert "no room here" in ended.text

    def test_an_image_of_the_database_that_cannot_be_built(self, project: Path) -> None:
        file = project / "docker" / "db" / "Dockerfile"
        text = file.read_text(encoding="utf-8")
        file.write_text(f"{text}RUN exit 6\n", encoding="utf-8")
        ended = integration(project, "compose")
        failed(project, ended, 6, "The image of docker/db/Dockerfile cannot be built", "code: 6")


def read_evidence(project: Path, name: str) -> object:
    (file,) = (project / "target" / "tasker-ci" / "logs").glob(f"*/{name}")
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture
def small_disk(require_root: None) -> Iterator[Callable[[Path, str], None]]:
    """Mount a disk of a given size at a folder."""
    mounted = []

    def mount(folder: Path, size: str) -> None:
        folder.mkdir(parents=True)
        disk = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        subprocess.run(disk, check=True)
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class TestFullDisk:
    @both_stacks
    def test_logs_that_fill_the_disk(
        self, project: Path, small_disk: Callable[[Path, str], None], stack: str
    ) -> None:
        logs = project / "target" / "tasker-ci" / "logs"
        small_disk(logs, "64k")
        ended = integration(project, stack, FAIL="1", **{BEHAVIOUR: "flood 4000"})
        assert ended.exit_code == 100, ended.text
        (run,) = logs.iterdir()
        full = f"warning: The evidence cannot be written into {run}: No space left on device."
        assert full in ended.text
        assert f"last lines of web:\n{'x' * 80}" in ended.text
        assert not remains(project)

    @both_stacks
    def test_logs_without_any_room_are_no_reason_to_fail_what_passes(
        self, project: Path, small_disk: Callable[[Path, str], None], stack: str
    ) -> None:
        logs = project / "target" / "tasker-ci" / "logs"
        small_disk(logs, "16k")
        fill(logs / "full")
        assert integration(project, stack).exit_code == 0
        assert not remains(project)

    def test_a_run_that_cannot_be_put_on_record_does_not_start(
        self, project: Path, small_disk: Callable[[Path, str], None]
    ) -> None:
        folder = project / "target" / "tasker-ci"
        small_disk(folder, "64k")
        (folder / "runs").mkdir()
        (folder / "logs").mkdir()
        fill(folder / "full")
        ended = integration(project, "native")
        assert ended.exit_code == 3
        assert f"error: {folder}" in ended.text
        assert ": No space left on device." in ended.text
        assert not (project / "target" / "built").exists()
        assert not remains(project)


def fill(file: Path) -> None:
    with suppress(OSError), file.open("wb", buffering=0) as stream:
        while stream.write(bytes(4096)):
            pass


class TestStoppedDaemon:
    """Docker's daemon ends in the middle, and comes back before the next `down --all`."""

    @pytest.fixture
    def project(self, engine: Engine, checkout: Callable[..., Path]) -> Path:
        folder = checkout()
        only_the_service(folder)
        return folder

    def test_while_an_image_is_built(self, project: Path, engine: Engine) -> None:
        step = hang_the_image(project, "web")
        with started(project, "integration", "--stack", "compose", within=engine.inside) as process:
            until(process, lambda: step_containers(step), "the step of the image's build")
            engine.stop()
            text, _ = process.communicate(timeout=PATIENCE_SECONDS)
        self.said_and_cleared(project, engine, text)
        # Or the code of the build, where the daemon still answered when its step had been killed.
        assert process.returncode in {3, 137}, text

    def test_while_services_start(self, project: Path, engine: Engine) -> None:
        with self.in_phase(project, "up", engine) as process:
            engine.stop()
            text, _ = process.communicate(timeout=PATIENCE_SECONDS)
        self.said_and_cleared(project, engine, text)
        assert process.returncode == 3, text

    def test_while_the_database_is_migrated(
        self, engine: Engine, checkout: Callable[..., Path]
    ) -> None:
        project = checkout()
        parts = find_parts(pgmq=False, environment=os.environ, tools=project)
        only_borrowed_programs(project, parts)
        variables = {"POSTGRES_IMAGE": PERL_IMAGE, "MIGRATE_CODE": "5"}
        with self.in_phase(project, "migrate", engine, **variables) as process:
            engine.stop()
            (project / READY_FILE).unlink()
            text, _ = process.communicate(timeout=PATIENCE_SECONDS)
        self.said_and_cleared(project, engine, text)
        assert "The database cannot be migrated (exit code 5)" in text
        assert process.returncode == 5, text

    def test_while_services_stop(self, project: Path, engine: Engine) -> None:
        with self.in_phase(project, "teardown", engine) as process:
            engine.stop()
            text, _ = process.communicate(timeout=PATIENCE_SECONDS)
        self.said_and_cleared(project, engine, text, evidence_kept=False)
        assert "2 tests run: 2 passed" in text
        assert process.returncode == 3, text

    def test_while_health_is_waited_for(self, project: Path, engine: Engine) -> None:
        with self.in_phase(project, "wait", engine) as process:
            engine.stop()
            text, _ = process.communicate(timeout=PATIENCE_SECONDS)
        self.said_and_cleared(project, engine, text)
        assert process.returncode == 3, text

    def test_during_the_tests(self, project: Path, engine: Engine) -> None:
        with self.in_phase(project, "test", engine) as process:
            engine.stop()
            (project / READY_FILE).unlink()
            text, _ = process.communicate(timeout=PATIENCE_SECONDS)
        self.said_and_cleared(project, engine, text)
        assert process.returncode == 100, text

    def in_phase(
        self, project: Path, phase: str, engine: Engine, **environment: str
    ) -> AbstractContextManager[subprocess.Popen[str]]:
        return in_phase(
            *(project, phase, "--stack", "compose"),
            ready=READY_FILE,
            within=engine.inside,
            **environment,
        )

    def said_and_cleared(
        self, project: Path, engine: Engine, text: str, *, evidence_kept: bool = True
    ) -> None:
        assert f"The Docker daemon at {engine.host} (from DOCKER_HOST) does not answer." in text
        assert "tasker-ci down --all" in text
        assert ("evidence: " in text) == evidence_kept
        assert ({"ps.json", "config.json"} <= evidence(project)) == evidence_kept
        assert not list((project / "target" / "tasker-ci" / "runs").glob("*/keys.json"))
        engine.start()
        ended = call(project, "down", "--all")
        assert ended.exit_code == 0, ended.text
        assert not remains(project)


@contextmanager
def silent() -> Iterator[None]:
    with socket.create_server(("127.0.0.1", FIXED_PORT)):
        yield


@contextmanager
def silent_on_ipv6() -> Iterator[None]:
    with socket.create_server(("::1", FIXED_PORT), family=socket.AF_INET6):
        yield


@contextmanager
def answering(status: int) -> Iterator[None]:
    class Stranger(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", FIXED_PORT), Stranger) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield
        finally:
            server.shutdown()


STRANGERS = {
    "silent": silent,
    "silent on ::1": silent_on_ipv6,
    "answers 200": lambda: answering(200),
    "answers 301": lambda: answering(301),
}


@both_stacks
class TestPorts:
    @pytest.mark.parametrize("stranger", STRANGERS)
    def test_a_stranger_is_named_before_anything_starts(
        self, project: Path, stack: str, stranger: str
    ) -> None:
        with STRANGERS[stranger]():
            ended = integration(project, stack, "--ports", "fixed")
        nothing_started(project, ended)
        me = f"{psutil.Process().name()} (pid {os.getpid()})"
        assert f"error: Port {FIXED_PORT} (web) is held by {me}." in ended.text
        assert "--ports auto" in ended.text
        assert f"kill {os.getpid()}" in ended.text

    def test_a_container_is_named(self, project: Path, base_image: str, stack: str) -> None:
        name = f"tasker-tests-{os.getpid()}"
        publish = f"127.0.0.1:{FIXED_PORT}:80"
        command = ("sh", "-c", compose_runs.SLEEPER)
        options = ("--detach", "--init", "--name", name, "--publish", publish)
        try:  # a container whose port is taken is made all the same
            compose_runs.docker("run", *options, base_image, *command)
            ended = integration(project, stack, "--ports", "fixed")
        finally:
            compose_runs.docker("rm", "--force", name)
        nothing_started(project, ended)
        assert f"error: Port {FIXED_PORT} (web) is held by the container {name}." in ended.text
        assert f"docker stop {name}" in ended.text


def nothing_started(project: Path, ended: faces.Ended) -> None:
    assert ended.exit_code == 3, ended.text
    assert not (project / "target" / "tasker-ci" / "logs").exists()
    assert not (project / "target" / "built").exists()
    assert not remains(project)
