from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import tool_parts

from tasker_ci.context import Face
from tasker_ci.errors import PortsTaken, SettingsError
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.sessions import load_settings
from tasker_ci.stack.base import FOLDER_MARK, MARK, Endpoint
from tasker_ci.stack.ports import check_ports, plan_ports
from tasker_ci.stack.run_folder import Life

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tasker_ci.settings.model import IntegrationSettings

ENVIRONMENT = {
    "DATABASE_URL": "postgres://tasker:tasker@localhost:5432/tasker_rust_test",
    "TASKER_TEST_ORCHESTRATION_URL": "http://127.0.0.1:8080",
    "TASKER_TEST_WORKER_URL": "http://127.0.0.1:8081",
}


@pytest.fixture
def settings(tmp_path: Path) -> IntegrationSettings:
    """What the preset `tasker` says."""
    return load_settings(tmp_path, {"TASKER_CI_PRESET": "tasker"}).settings.integration


def test_fixed_ports_are_those_of_the_url_and_the_settings(settings: IntegrationSettings) -> None:
    plan = plan_ports(settings, ENVIRONMENT, auto=False)
    assert [(each.service, each.port, each.container_port) for each in plan.endpoints] == [
        ("postgres", 5432, 5432),
        ("orchestration", 8080, 8080),
        ("worker", 8081, 8081),
    ]
    assert plan.environment == ENVIRONMENT
    assert [each.health for each in plan.endpoints] == ["", "/health", "/health"]


def test_the_databases_port_is_said_once_in_its_url(settings: IntegrationSettings) -> None:
    url = "postgres://me:secret@127.0.0.1:6000/d"
    plan = plan_ports(settings, {**ENVIRONMENT, "DATABASE_URL": url}, auto=False)
    assert plan.database is not None
    assert (plan.database.port, plan.database.container_port) == (6000, 5432)
    assert plan.environment["DATABASE_URL"] == url


def test_automatic_ports_are_free_and_stand_in_all_urls(
    settings: IntegrationSettings, tmp_path: Path
) -> None:
    plan = plan_ports(settings, ENVIRONMENT, auto=True, locks=tmp_path)
    database, orchestration, worker = (each.port for each in plan.endpoints)
    assert not {database, orchestration, worker} & {0, 5432, 8080, 8081}
    assert plan.environment == {
        "DATABASE_URL": f"postgres://tasker:tasker@localhost:{database}/tasker_rust_test",
        "TASKER_TEST_ORCHESTRATION_URL": f"http://127.0.0.1:{orchestration}",
        "TASKER_TEST_WORKER_URL": f"http://127.0.0.1:{worker}",
    }
    assert [each.container_port for each in plan.endpoints] == [5432, 8080, 8081]


def test_two_plans_at_once_share_no_port(settings: IntegrationSettings, tmp_path: Path) -> None:
    plans = [plan_ports(settings, ENVIRONMENT, auto=True, locks=tmp_path) for _ in range(2)]
    ports = [each.port for plan in plans for each in plan.endpoints]
    assert len(set(ports)) == 6


def test_a_session_may_want_the_database_alone(settings: IntegrationSettings) -> None:
    plan = plan_ports(settings, ENVIRONMENT, auto=False, services=("postgres",))
    assert [each.service for each in plan.endpoints] == ["postgres"]
    assert set(plan.environment) == {"DATABASE_URL"}


def test_a_service_without_a_port_listens_on_none(
    settings: IntegrationSettings, tmp_path: Path
) -> None:
    silent = replace(settings.services["worker"], port=0)
    settings = replace(settings, services={**settings.services, "worker": silent})
    plan = plan_ports(settings, ENVIRONMENT, auto=True, locks=tmp_path)
    assert plan.services[1].port == 0
    assert "TASKER_TEST_WORKER_URL" not in plan.environment


def test_no_service_at_all_needs_no_url(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {}).settings.integration
    plan = plan_ports(settings, {}, auto=True, locks=tmp_path)
    assert (plan.endpoints, plan.environment) == ((), {})


def test_a_variable_that_is_not_set_gets_its_url(settings: IntegrationSettings) -> None:
    given = {"DATABASE_URL": ENVIRONMENT["DATABASE_URL"]}
    assert plan_ports(settings, given, auto=False).environment == ENVIRONMENT


def test_a_database_elsewhere_is_never_started_here(settings: IntegrationSettings) -> None:
    given = {**ENVIRONMENT, "DATABASE_URL": "postgres://me:hunter2@db.example/d"}
    with pytest.raises(SettingsError, match=r"db\.example") as caught:
        plan_ports(settings, given, auto=False)
    assert "hunter2" not in str(caught.value)
    allowed = replace(settings, database=replace(settings.database, allow_foreign=True))
    plan = plan_ports(allowed, given, auto=False)
    assert plan.database is None
    assert "DATABASE_URL" not in plan.environment


def test_unknown_services_and_twins_are_refused(settings: IntegrationSettings) -> None:
    with pytest.raises(SettingsError, match="`redis`"):
        plan_ports(settings, ENVIRONMENT, auto=False, services=("redis",))
    twin = replace(settings.services["worker"], port=8080)
    settings = replace(settings, services={**settings.services, "worker": twin})
    with pytest.raises(SettingsError, match="orchestration and worker both have port 8080"):
        plan_ports(settings, ENVIRONMENT, auto=False)


def endpoint(service: str, port: int) -> Endpoint:
    return Endpoint(service=service, port=port, container_port=port, health="")


def check(
    *endpoints: Endpoint,
    folder: Path,
    path: str = "/nowhere",
    face: Face = Face.CONSOLE,
    lives: Mapping[str, Life] | None = None,
) -> None:
    check_ports(
        endpoints,
        runner=ProcessRunner(Cancellation()),
        environment={"PATH": path},
        directory=folder,
        face=face,
        session="integration",
        lives=lambda: lives or {},
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


LISTEN = """
import socket, sys, time
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    time.sleep(600)
"""


@contextmanager
def listener(**environment: str) -> Iterator[tuple[int, int]]:
    """Another process that listens; yields its port and its pid."""
    with subprocess.Popen(
        [sys.executable, "-c", LISTEN],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.kill()


def test_free_ports_are_no_error(tmp_path: Path) -> None:
    check(endpoint("worker", free_port()), endpoint("silent", 0), folder=tmp_path)


def test_every_taken_port_is_named_with_its_holder(tmp_path: Path) -> None:
    with (
        listener() as (one, first),
        listener() as (other, second),
        pytest.raises(PortsTaken) as caught,
    ):
        check(
            endpoint("postgres", one), endpoint("worker", other), folder=tmp_path, face=Face.INVOKE
        )
    lines = caught.value.message.splitlines()
    assert lines[0].startswith(f"Port {one} (postgres) is held by python")
    assert f"(pid {first})" in lines[0]
    assert lines[1].startswith(f"Port {other} (worker) is held by python")
    assert f"(pid {second})" in lines[1]
    assert "`invoke integration --ports auto` takes free ports" in caught.value.next_step
    assert f"`kill {first}`" in caught.value.next_step
    assert caught.value.exit_code == 3


def test_a_run_of_ours_is_named_and_how_to_clear_it(tmp_path: Path) -> None:
    marked = listener(**{MARK: "tasker-ci-0123456789ab"})
    with marked as (port, pid), pytest.raises(PortsTaken) as caught:
        check(endpoint("worker", port), folder=tmp_path)
    assert f"(pid {pid}) of the run tasker-ci-0123456789ab" in caught.value.message
    assert "`tasker-ci down --all`" in caught.value.next_step
    assert "kill" not in caught.value.next_step


RUN, OTHER = "tasker-ci-0123456789ab", "tasker-ci-ba9876543210"
OF_LIFE = {
    "kept": (
        {RUN: Life.KEPT},
        "`tasker-ci integration --attach` uses the stack that was kept, `tasker-ci down` ends it.",
    ),
    "one of two that were kept": (
        {RUN: Life.KEPT, OTHER: Life.KEPT},
        "takes free ports; `tasker-ci down` ends it.",
    ),
    "kept beside one that was killed": (
        {RUN: Life.KEPT, OTHER: Life.ORPHANED},
        "`tasker-ci integration --attach` uses the stack that was kept, `tasker-ci down` ends it.",
    ),
    "in use": ({RUN: Life.ALIVE}, f"wait for the session that uses {RUN}."),
    "killed": ({RUN: Life.ORPHANED}, "`tasker-ci down --all` stops what earlier runs left."),
}


@pytest.mark.parametrize("life", OF_LIFE)
def test_the_way_out_fits_what_has_become_of_the_run(tmp_path: Path, life: str) -> None:
    lives, step = OF_LIFE[life]
    with listener(**{MARK: RUN}) as (port, _), pytest.raises(PortsTaken) as caught:
        check(endpoint("worker", port), folder=tmp_path, lives=lives)
    assert caught.value.next_step.endswith(step)
    assert ("--all" in caught.value.next_step) == (life == "killed")


def test_a_run_of_another_project_is_ended_there(tmp_path: Path) -> None:
    folder = tmp_path / "other" / "target" / "tasker-ci" / "runs" / RUN
    marks = {MARK: RUN, FOLDER_MARK: str(folder)}
    with listener(**marks) as (port, _), pytest.raises(PortsTaken) as caught:
        check(endpoint("worker", port), folder=tmp_path, lives={OTHER: Life.KEPT})
    assert f"`tasker-ci down --all` in {folder} ends the run {RUN}." in caught.value.next_step
    assert "attach" not in caught.value.next_step

    # The stand-in for the Docker client says what the real one says of a container of ours.
    script = f"printf 'web\\t{RUN}\\t/home/me/other\\n'"
    tool_parts.write_program(tmp_path / "bin" / "docker", script)
    path = f"{tmp_path}/bin:/usr/bin:/bin"
    with listener() as (port, _), pytest.raises(PortsTaken) as caught:
        check(endpoint("worker", port), folder=tmp_path, path=path)
    assert f"`tasker-ci down --all` in /home/me/other ends the run {RUN}" in caught.value.next_step


@pytest.mark.parametrize(
    ("project", "step"),
    [("", "`docker stop web`"), ("tasker-ci-0123456789ab", "`tasker-ci down --all`")],
)
def test_a_container_is_named_in_place_of_a_process(
    tmp_path: Path, project: str, step: str
) -> None:
    # A stand-in for the Docker client: it says what the real one says for `publish=`.
    tool_parts.write_program(tmp_path / "bin" / "docker", f"printf 'web\\t{project}\\n'")
    path = f"{tmp_path}/bin:/usr/bin:/bin"
    with listener() as (port, _), pytest.raises(PortsTaken) as caught:
        check(endpoint("worker", port), folder=tmp_path, path=path)
    assert "the container web" in caught.value.message
    assert step in caught.value.next_step


def test_a_docker_client_that_fails_hinders_nobody(tmp_path: Path) -> None:
    tool_parts.write_program(tmp_path / "bin" / "docker", "echo no daemon >&2; exit 1")
    with listener() as (port, pid), pytest.raises(PortsTaken, match=f"pid {pid}"):
        check(endpoint("worker", port), folder=tmp_path, path=f"{tmp_path}/bin:/usr/bin:/bin")
