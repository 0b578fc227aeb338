"""What a person types for the sample's stack, after `eval "$(tasker-ci env …)"`, without us."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faces
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE = Path(__file__).parents[2] / "examples" / "tasker"
COMPOSE = "docker compose -f docker/docker-compose.test.yml"
EVAL = 'eval "$(tasker-ci env --format shell --reveal)"'


@pytest.fixture
def sample(tmp_path: Path, require_tool: Callable[[str], Path]) -> Path:
    require_tool("docker")
    folder = tmp_path / "sample"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("target"))
    settings = folder / ".config" / "tasker-ci.toml"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text('preset = "tasker"\n', encoding="utf-8")
    return folder


def typed(folder: Path, script: str) -> str:
    environment = {
        name: value
        for name, value in faces.clean_environment().items()
        if name not in {"POSTGRES_IMAGE", "SERVICE_BASE_IMAGE", "POSTGRES_BASE_IMAGE"}
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_compose_reads_its_file_and_serves_where_the_table_says(sample: Path) -> None:
    services = services_of(sample, f"{EVAL}; {COMPOSE} config --format json")

    published = {
        name: [f"{port['host_ip']}:{port['published']}" for port in row["ports"]]
        for name, row in services.items()
    }
    assert published == {
        "postgres": ["127.0.0.1:5432"],
        "orchestration": ["127.0.0.1:8080"],
        "worker": ["127.0.0.1:8081"],
    }
    for name in ("orchestration", "worker"):
        build = services[name]["build"]
        assert (Path(build["context"]) / build["dockerfile"]).is_file()
        url = services[name]["environment"]["DATABASE_URL"]
        assert url == "postgres://tasker:tasker@postgres:5432/tasker_rust_test"
    assert services["orchestration"]["environment"]["API_KEY"]
    assert services["postgres"]["environment"]["POSTGRES_DB"] == "tasker_rust_test"


def services_of(sample: Path, script: str) -> dict[str, Any]:
    services: dict[str, Any] = json.loads(typed(sample, script))["services"]
    return services


def test_what_stands_there_by_default_is_what_the_table_says(sample: Path) -> None:
    printed = typed(sample, f'{EVAL}; printf \'%s %s\' "$DATABASE_URL" "$TASKER_TEST_WORKER_URL"')

    assert printed == (
        "postgres://tasker:tasker@localhost:5432/tasker_rust_test http://127.0.0.1:8081"
    )


def test_down_needs_no_variable(sample: Path) -> None:
    assert "worker" in services_of(sample, f"{COMPOSE} config --format json")
