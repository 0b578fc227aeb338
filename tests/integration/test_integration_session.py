"""Real services around real tests: what `integration`, `up`, `down`, `ps` and `logs` do and leave.

PostgreSQL, cargo and nextest are real. The sample workspace is run once; the services that fail in
every other way are scripts (`service_projects.py`).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import faces
import pytest
from service_projects import (
    BEHAVIOUR,
    LOGGED,
    PASSWORD,
    evidence,
    leftovers,
    write_services,
)
from session_processes import PATIENCE_SECONDS, call, in_phase, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "0123456789abcdef0123"
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], Path]) -> Path:
    """The workspace with its tests compiled, once for all."""
    for program in ("cargo", "cargo-nextest", "python3"):
        require_tool(program)
    folder = write_services(tmp_path_factory.mktemp("services") / "project")
    built = faces.run(["cargo", "nextest", "run", "--no-run", "--all-features"], folder)
    assert built.exit_code == 0, built.text
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Iterator[Path]:
    """A workspace of the test's own; whatever the test finds, nothing of it stays."""
    folder = tmp_path / "project"
    shutil.copytree(template, folder)
    yield folder
    faces.run(["tasker-ci", "down", "--all"], folder)
    for pid in leftovers(folder).processes:
        os.kill(pid, signal.SIGKILL)


def integration(project: Path, *arguments: str, **environment: str) -> faces.Ended:
    return call(project, "integration", *arguments, **environment)


def migrations(project: Path) -> int:
    file = project / "target" / "migrated"
    return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0


class TestGreen:
    @pytest.mark.timeout(960)  # the build of the sample is a long one, where it is the first
    def test_the_sample_from_the_first_service_to_the_report(
        self, require_tool: Callable[[str], Path]
    ) -> None:
        require_tool("cargo-nextest")
        ended = faces.run(
            ["tasker-ci", "integration", "--stack", "native", "--ports", "auto", "--json"],
            REPOSITORY,
            timeout=900,
        )
        assert ended.exit_code == 0, ended.text
        document = json.loads(ended.stdout)
        assert document["status"] == "passed"
        assert document["passed"] >= 19
        assert "Applied 20250106090200/migrate create task queue" in ended.stderr
        assert "orchestration: healthy after" in ended.stderr
        assert not leftovers(REPOSITORY / "examples" / "tasker")

    @pytest.mark.parametrize("face", faces.FACES)
    def test_through_every_face(
        self, project: Path, run_face: Callable[..., faces.Ended], face: str
    ) -> None:
        ended = run_face(face, "integration", cwd=project)
        assert ended.exit_code == 0, ended.text
        assert "2 passed, 0 failed" in ended.text
        assert migrations(project) == 1
        assert (project / "target/tasker-ci/reports/integration.default.xml").is_file()
        assert not leftovers(project)

    def test_twice_in_a_row(self, project: Path) -> None:
        for _ in range(2):
            assert integration(project).exit_code == 0
            assert not leftovers(project)

    def test_two_checkouts_at_the_same_time(self, project: Path, tmp_path: Path) -> None:
        other = tmp_path / "other"
        shutil.copytree(project, other)
        running = [
            subprocess.Popen(
                ["tasker-ci", "integration"],
                cwd=each,
                env=faces.clean_environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for each in (project, other)
        ]
        texts = [each.communicate(timeout=PATIENCE_SECONDS)[0] for each in running]
        assert [each.returncode for each in running] == [0, 0], texts
        assert not leftovers(project)
        assert not leftovers(other)

    def test_nextests_flags_are_those_of_unit(self, project: Path) -> None:
        ended = integration(
            project, "--filter", "test(another)", "--no-fail-fast", "--", "--retries", "1",
            CI="true",
        )  # fmt: skip
        assert ended.exit_code == 0, ended.text
        assert "integration (profile ci): 1 passed" in ended.text
        assert (project / "target/tasker-ci/reports/integration.ci.xml").is_file()

    def test_a_dry_run_starts_nothing(self, project: Path) -> None:
        ended = integration(project, "--dry-run", "--json")
        commands = [each["argv"] for each in json.loads(ended.stdout)["commands"]]
        assert commands[:2] == [["python3", "build.py"], ["python3", "migrate.py"]]
        assert commands[2][:3] == ["cargo", "nextest", "run"]
        assert commands[2][-2:] == ["-E", "binary_id(=sample::end_to_end)"] or (
            "binary_id(=sample::end_to_end)" in commands[2]
        )
        assert evidence(project) == set()
        assert migrations(project) == 0


class TestRed:
    def test_a_build_that_fails_starts_nothing(self, project: Path) -> None:
        ended = integration(project, BUILD_CODE="7")
        assert ended.exit_code == 7
        assert "`python3 build.py` failed with exit code 7" in ended.text
        assert migrations(project) == 0
        assert not leftovers(project)
        assert integration(project, "--no-build", BUILD_CODE="7").exit_code == 0

    def test_a_migration_that_fails_is_the_end_and_keeps_the_password(self, project: Path) -> None:
        ended = integration(project, MIGRATE_CODE="5")
        assert ended.exit_code == 5
        assert "The database cannot be migrated (exit code 5): relation exists" in ended.text
        assert "somebody:***@localhost" in ended.text
        assert PASSWORD not in ended.text
        assert "Starting 2 tests" not in ended.text
        assert not leftovers(project)

    def test_a_database_elsewhere_is_not_touched(self, project: Path) -> None:
        ended = integration(project, DATABASE_URL="postgres://u:p@db.example.com/prod")
        assert ended.exit_code == 2
        assert "db.example.com" in ended.text
        assert migrations(project) == 0
        assert not leftovers(project)

    def test_a_workspace_without_end_to_end_tests_skips_and_has_no_such_stage(
        self, cargo_workspace: Callable[..., Path]
    ) -> None:
        folder = cargo_workspace()
        ended = integration(folder)
        assert ended.exit_code == 0
        assert "skipped: the settings name no integration tests" in ended.text
        nox = faces.run(["nox", "-s", "integration"], folder)
        assert nox.exit_code == 0
        assert "skipped" in nox.text
        dry = json.loads(call(folder, "ci", "--dry-run", "--json").stdout)
        assert "integration" not in {each["session"] for each in dry["sessions"]}


class TestKept:
    def test_up_attach_env_logs_ps_and_down(self, project: Path) -> None:
        up = call(project, "up")
        assert up.exit_code == 0, up.text
        assert "up: 2 services are healthy" in up.text
        assert "tasker-ci down" in up.text
        (run,) = (project / "target/tasker-ci/runs").iterdir()
        assert run.stat().st_mode & 0o777 == 0o700
        assert (run / "keys.json").stat().st_mode & 0o777 == 0o600
        keys = json.loads((run / "keys.json").read_text(encoding="utf-8"))

        rows = json.loads(call(project, "ps", "--json").stdout)["services"]
        assert {(row["service"], row["state"], row["health"]) for row in rows} == {
            ("database", "running", ""),
            ("web", "running", "HTTP 200"),
        }
        assert {row["life"] for row in rows} == {"kept"}

        logs = call(project, "logs", "--service", "web")
        assert LOGGED in logs.text
        assert "database" not in logs.text
        assert call(project, "logs", "--service", "nobody").exit_code == 2

        revealed = json.loads(call(project, "env", "--json", "--reveal", "--explain").stdout)
        for name in ("API_KEY", "WEB_URL", "DATABASE_URL"):
            assert revealed["environment"][name]["value"] == keys[name]
            assert revealed["environment"][name]["source"] == f"kept stack {run.name}"

        for _ in range(2):
            attached = integration(project, "--attach")
            assert attached.exit_code == 0, attached.text
        assert migrations(project) == 1
        failing = integration(project, "--attach", FAIL="1")
        assert failing.exit_code == 100
        assert "integration --attach --filter" in failing.text
        assert "skipped" in call(project, "up").text

        assert "1 stack ended" in call(project, "down").text
        assert not leftovers(project)
        assert "nothing to end" in call(project, "down").text
        assert integration(project, "--attach").exit_code == 3

    def test_the_doctor_looks_at_it(self, project: Path) -> None:
        assert call(project, "up", "--ports", "fixed").exit_code == 0
        checks = json.loads(call(project, "doctor", "--json").stdout)["checks"]
        found = {row["check"]: row["found"] for row in checks}
        assert "(pid " in found["port 18080"]
        assert "of the run tasker-ci-" in found["port 18080"]
        assert "http://127.0.0.1:18080/health says HTTP 200" in found["port 18080"]
        assert "DATABASE_URL answers" in found["port 15432"]

    @pytest.mark.parametrize("red", [False, True])
    def test_keep_leaves_the_stack_also_after_a_failing_test(
        self, project: Path, red: bool
    ) -> None:
        ended = integration(project, "--keep", **({"FAIL": "1"} if red else {}))
        assert ended.exit_code == (100 if red else 0)
        assert "tasker-ci integration --attach" in ended.text
        assert integration(project, "--attach").exit_code == 0
        assert call(project, "down").exit_code == 0
        assert not leftovers(project)

    def test_a_stack_that_never_was_healthy_is_not_kept(self, project: Path) -> None:
        assert integration(project, "--keep", **{BEHAVIOUR: "exit 3"}).exit_code == 1
        assert not leftovers(project)

    def test_a_kept_service_that_has_died_is_named(self, project: Path) -> None:
        assert call(project, "up").exit_code == 0
        (pid,) = [pid for pid, line in leftovers(project).processes.items() if "service" in line]
        os.kill(pid, signal.SIGKILL)
        ended = integration(project, "--attach")
        assert ended.exit_code == 1
        assert "error: web ended" in ended.text

    def test_logs_go_on_while_they_are_followed(self, project: Path) -> None:
        assert call(project, "up").exit_code == 0
        (log,) = (project / "target/tasker-ci/logs").glob("*/web.log")
        with started(project, "logs", "--follow", "--service", "web") as process:
            assert process.stdout is not None
            for line in process.stdout:
                if LOGGED in line:
                    break
            while process.poll() is None:
                with log.open("a", encoding="utf-8") as file:
                    file.write("something new\n")
                line = process.stdout.readline()
                if "web | something new" in line:
                    break
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 130


class TestServicesOfSessions:
    def test_unit_tests_get_a_migrated_database_on_a_port_of_their_own(self, project: Path) -> None:
        settings = project / ".config" / "tasker-ci.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text('[unit]\nservices = ["database"]\n' + text, encoding="utf-8")
        with socket.create_server(("127.0.0.1", 15432)):  # the port of the settings is taken
            ended = call(project, "unit", WANTS_DATABASE="1")
        assert ended.exit_code == 0, ended.text
        assert "1 passed" in ended.text
        assert migrations(project) == 1
        assert LOGGED not in ended.text
        assert not leftovers(project)

    @pytest.mark.parametrize("session", ["clippy", "doc", "doctest"])
    def test_so_do_the_others(self, project: Path, session: str) -> None:
        settings = project / ".config" / "tasker-ci.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(f'[{session}]\nservices = ["database"]\n' + text, encoding="utf-8")
        ended = call(project, session)
        assert ended.exit_code == 0, ended.text
        assert migrations(project) == 1
        assert not leftovers(project)


PHASES = ("build", "migrate", "wait", "test", "teardown")


@pytest.mark.parametrize("phase", PHASES)
class TestSignals:
    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGQUIT, 131)]
    )
    def test_once(self, project: Path, phase: str, number: int, code: int) -> None:
        with in_phase(project, phase) as process:
            process.send_signal(number)
            text, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == code, text
        assert not leftovers(project)
        if phase != "teardown":  # there was nothing wrong until then
            assert "evidence: " in text
            assert "states.json" in evidence(project)

    def test_twice(self, project: Path, phase: str) -> None:
        """Who asks twice does not wait for a service that has an hour to stop."""
        with in_phase(project, phase, TASKER_CI_INTEGRATION_STOP_SECONDS="3600") as process:
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.15)  # the second is one only when the first was seen
            os.killpg(process.pid, signal.SIGINT)
            text, _ = process.communicate(timeout=PATIENCE_SECONDS)
        # Or by the signal itself, where all was over when the second one came: a shell says 130.
        assert process.returncode in {130, -signal.SIGINT}, text
        assert not leftovers(project)

    def test_kill_and_down_all(self, project: Path, phase: str) -> None:
        with in_phase(project, phase, API_KEY=KEY) as process:
            process.kill()
            process.wait()  # the command that it ran goes on, and holds its pipe
            report = project / "target" / "nextest" / "default" / "junit.xml"
            report.parent.mkdir(parents=True, exist_ok=True)
            if not report.exists():  # nextest does not always get to it
                report.write_text(f"<testsuites>{KEY}</testsuites>\n", encoding="utf-8")
            assert "nothing to end" in call(project, "down").text
            ended = call(project, "down", "--all")
            assert ended.exit_code == 0, ended.text
            assert not leftovers(project)
            assert process.stdout is not None
            process.stdout.read()  # ends, because nobody is left who could write
        assert KEY not in report.read_text(encoding="utf-8")
        assert integration(project).exit_code == 0, "and the machine is as good as new"


def test_a_run_that_goes_on_is_left_alone_by_down_all(project: Path) -> None:
    with in_phase(project, "test") as process:
        ended = call(project, "down", "--all")
        assert "nothing to end" in ended.text
        assert "left alone: tasker-ci-" in ended.text
        assert leftovers(project).processes
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_SECONDS)
    assert not leftovers(project)


@pytest.mark.usefixtures("leaves_lost_runs")
def test_a_run_whose_folder_is_gone_is_found_by_its_processes(project: Path) -> None:
    with in_phase(project, "test") as process:
        process.kill()
        process.wait()
        shutil.rmtree(project / "target" / "tasker-ci" / "runs")
        assert leftovers(project).processes
        assert call(project, "down", "--all").exit_code == 0
        assert leftovers(project).processes == {}
        assert leftovers(project).data == []


def test_data_of_a_run_of_which_nothing_else_is_left_is_removed(project: Path) -> None:
    with in_phase(project, "test") as process:
        process.kill()
        process.wait()
        while pids := leftovers(project).processes:  # a reboot, in small
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        shutil.rmtree(project / "target" / "tasker-ci" / "runs")
        if os.geteuid() == 0:  # others have it in the run folder
            assert leftovers(project).data
        assert call(project, "down", "--all").exit_code == 0
        assert leftovers(project).data == []
