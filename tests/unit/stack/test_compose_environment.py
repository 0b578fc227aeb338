"""Values as a container sees them are derived, not spelled a second time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import SettingsError
from tasker_ci.sessions import load_settings
from tasker_ci.stack.base import Endpoint, Plan
from tasker_ci.stack.compose_environment import (
    NONE_FITS,
    check_service_base,
    compose_environment,
    container_values,
    service_base_image,
)

if TYPE_CHECKING:
    from tasker_ci.settings.model import IntegrationSettings

DATABASE = Endpoint(service="postgres", port=15432, container_port=5432, health="")
SERVICE = Endpoint(service="orchestration", port=18080, container_port=8080, health="/health")


@pytest.fixture
def settings(tmp_path: Path) -> IntegrationSettings:
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config" / "tasker-ci.toml").write_text('preset = "tasker"\n', encoding="utf-8")
    return load_settings(tmp_path, {}).settings.integration


def plan(database: Endpoint | None = DATABASE, **environment: str) -> Plan:
    return Plan(
        run="run",
        workspace=Path("/w"),
        folder=Path("/w/target/run"),
        logs=Path("/logs"),
        database=database,
        services=(SERVICE,),
        environment=environment,
    )


def test_the_database_has_another_host_and_port_and_the_rest_stays_as_written(
    settings: IntegrationSettings,
) -> None:
    url = "postgres://ta%40sker:p%2Fss@localhost:15432/test?sslmode=disable"
    values = container_values(plan(DATABASE_URL=url), settings)
    assert (
        values["TASKER_CONTAINER_DATABASE_URL"]
        == "postgres://ta%40sker:p%2Fss@postgres:5432/test?sslmode=disable"
    )
    assert values["POSTGRES_USER"] == "ta@sker"
    assert values["POSTGRES_PASSWORD"] == "p/ss"
    assert values["POSTGRES_DB"] == "test"


def test_a_database_of_somebody_else_is_handed_on_as_it_is(settings: IntegrationSettings) -> None:
    values = container_values(plan(None, DATABASE_URL="postgres://a:b@db.example/x"), settings)
    assert values["TASKER_CONTAINER_DATABASE_URL"] == "postgres://a:b@db.example/x"
    assert "POSTGRES_PASSWORD" not in values


def test_a_database_without_a_password_is_refused_before_its_image_does(
    settings: IntegrationSettings,
) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL has no password"):
        container_values(plan(DATABASE_URL="postgres://tasker@localhost/x"), settings)


def test_services_find_one_another_by_name(settings: IntegrationSettings) -> None:
    values = container_values(
        plan(TASKER_TEST_ORCHESTRATION_URL="http://127.0.0.1:18080/base"), settings
    )
    assert (
        values["TASKER_CONTAINER_TASKER_TEST_ORCHESTRATION_URL"] == "http://orchestration:8080/base"
    )


def test_compose_gets_the_table_and_nothing_that_would_steer_it(
    settings: IntegrationSettings,
) -> None:
    environment = compose_environment(
        plan(
            DATABASE_URL="postgres://a:b@localhost/x",
            API_KEY="k",
            COMPOSE_FILE="other.yml",
            COMPOSE_PROJECT_NAME="other",
            POSTGRES_USER="somebody",
        ),
        settings,
        image="built:1",
        libc="glibc 2.36",
    )
    assert environment["API_KEY"] == "k"
    assert environment["POSTGRES_IMAGE"] == "built:1"
    assert environment["POSTGRES_USER"] == "a"
    assert not [name for name in environment if name.startswith("COMPOSE_")]


@pytest.mark.parametrize(
    ("libc", "image"),
    [
        ("glibc 2.31", "debian:bookworm-slim"),
        ("glibc 2.36", "debian:bookworm-slim"),
        ("glibc 2.39", "debian:trixie-slim"),
        ("glibc 2.43", "ubuntu:26.04"),
        ("glibc 2.99", NONE_FITS),
        ("", None),
    ],
)
def test_services_run_on_the_oldest_image_whose_libc_is_not_older(
    libc: str, image: str | None
) -> None:
    assert service_base_image(libc) == image


@pytest.mark.parametrize(
    ("args", "refused"),
    [
        ({"SERVICE_BASE_IMAGE": NONE_FITS}, True),
        ({"SERVICE_BASE_IMAGE": "mine:1"}, False),
        ({"BINARY": None}, False),
        (None, False),
    ],
)
def test_a_base_image_with_an_older_libc_is_never_taken_in_silence(
    args: dict[str, str | None] | None, *, refused: bool
) -> None:
    services = {"worker": {"build": {"args": args}}, "postgres": {"image": "x"}}
    if not refused:
        check_service_base(services, "glibc 2.99")
        return
    with pytest.raises(SettingsError, match=r"glibc 2\.99.*worker would not start") as caught:
        check_service_base(services, "glibc 2.99")
    assert "SERVICE_BASE_IMAGE" in caught.value.next_step


def test_a_base_image_that_the_caller_has_set_stays(settings: IntegrationSettings) -> None:
    environment = compose_environment(
        plan(SERVICE_BASE_IMAGE="mine:1"), settings, image=None, libc="glibc 2.36"
    )
    assert environment["SERVICE_BASE_IMAGE"] == "mine:1"
    assert "POSTGRES_IMAGE" not in environment
