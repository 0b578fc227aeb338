from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tasker_ci.errors import SettingsError
from tasker_ci.sessions import load_settings
from tasker_ci.stack.base import FOLDER_MARK, MARK, Endpoint, Plan
from tasker_ci.stack.native_commands import NativeOptions, build_command, service_command

WORKER = Endpoint(service="worker", port=7001, container_port=8081, health="/health")
SETTINGS = load_settings(Path("/nowhere"), {"TASKER_CI_PRESET": "tasker"}).settings.integration
MARKS = {MARK: "tasker-ci-0123456789ab", FOLDER_MARK: "/target/runs/tasker-ci-0123456789ab"}


def plan(**environment: str) -> Plan:
    return Plan(
        run="tasker-ci-0123456789ab",
        workspace=Path("/w"),
        folder=Path("/target/runs/tasker-ci-0123456789ab"),
        logs=Path("/target/logs"),
        database=None,
        services=(WORKER,),
        environment=environment,
    )


def test_a_service_gets_its_port_and_the_marks_of_the_run() -> None:
    command = service_command(plan(LOG_LEVEL="warn"), SETTINGS, WORKER)
    assert command.environment == {"LOG_LEVEL": "warn", "PORT": "7001", **MARKS}
    assert command.cwd == Path("/w")


def test_a_service_without_a_port_gets_none() -> None:
    command = service_command(plan(), SETTINGS, replace(WORKER, port=0))
    assert "PORT" not in command.environment


@pytest.mark.parametrize(
    ("environment", "folder"), [({}, "/w/target"), ({"CARGO_TARGET_DIR": "/else"}, "/else")]
)
def test_binaries_are_where_cargo_puts_them(environment: dict[str, str], folder: str) -> None:
    command = service_command(plan(**environment), SETTINGS, WORKER)
    assert command.argv == (f"{folder}/debug/tasker-worker",)


def test_a_service_that_only_compose_knows_is_refused() -> None:
    settings = replace(
        SETTINGS, services={"worker": replace(SETTINGS.services["worker"], command=())}
    )
    with pytest.raises(SettingsError) as caught:
        service_command(plan(), settings, WORKER)
    assert "integration.services.worker.command" in caught.value.next_step


def test_the_build_gets_an_environment_without_keys() -> None:
    options = NativeOptions(build_environment={"PATH": "/bin"})
    command = build_command(plan(API_KEY="secret"), SETTINGS, options)
    assert command is not None
    assert command.argv == ("cargo", "build", "--workspace", "--bins")
    assert command.environment == {"PATH": "/bin", **MARKS}


def test_nothing_to_build() -> None:
    assert build_command(plan(), replace(SETTINGS, build=())) is None
