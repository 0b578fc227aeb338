"""What people do with services through Compose: keep them, look at them, use them, end them.

The same as `test_integration_session.py` has of the native stack; engine, PostgreSQL and tests are
real.
"""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import compose_runs
import faces
import pytest
from compose_projects import remains
from service_projects import BEHAVIOUR, LOGGED
from session_processes import PATIENCE_SECONDS, call, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COMPOSE = ("--stack", "compose")


@pytest.fixture
def project(checkout: Callable[..., Path]) -> Path:
    return checkout()


def lines(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0


def test_twice_in_a_row_the_second_as_the_first(project: Path) -> None:
    for number in (1, 2):
        ended = call(project, "integration", *COMPOSE)
        assert ended.exit_code == 0, ended.text
        assert "2 passed, 0 failed" in ended.text
        assert lines(project / "target" / "migrated") == number
        assert not remains(project)


PRINTED = "x" * 80
"""What the service prints for each request if it behaves so."""


@contextmanager
def asked_again_and_again(url: str) -> Iterator[None]:
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.2):
            with urllib.request.urlopen(url, timeout=5):
                pass

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_kept_stack_from_up_to_down(project: Path) -> None:
    up = call(project, "up", *COMPOSE, **{BEHAVIOUR: "flood 1"})
    assert up.exit_code == 0, up.text
    assert "up: 2 services are healthy" in up.text
    (run,) = (project / "target/tasker-ci/runs").iterdir()
    assert run.stat().st_mode & 0o777 == 0o700
    assert {file.name: file.stat().st_mode & 0o777 for file in run.glob("*.json")} == {
        "keys.json": 0o600,
        "run.json": 0o600,
    }
    keys = json.loads((run / "keys.json").read_text(encoding="utf-8"))

    rows = json.loads(call(project, "ps", "--json").stdout)["services"]
    assert {(row["service"], row["state"], row["health"], row["life"]) for row in rows} == {
        ("database", "running", "", "kept"),
        ("web", "healthy", "HTTP 200", "kept"),
    }

    logs = call(project, "logs", "--service", "web")
    assert LOGGED in logs.text
    assert "database" not in logs.text
    assert "ready to accept connections" in call(project, "logs").text

    revealed = json.loads(call(project, "env", "--json", "--reveal", "--explain").stdout)
    for name in ("API_KEY", "WEB_URL", "DATABASE_URL"):
        assert revealed["environment"][name]["value"] == keys[name]
        assert revealed["environment"][name]["source"] == f"kept stack {run.name}"

    for _ in range(2):
        attached = call(project, "integration", "--attach")
        assert attached.exit_code == 0, attached.text
    assert lines(project / "target" / "migrated") == 1

    with started(project, "logs", "--follow", "--service", "web") as process:
        assert process.stdout is not None
        with asked_again_and_again(f"{keys['WEB_URL']}/health"):
            printed = iter(process.stdout.readline, "")
            assert any(LOGGED in line for line in printed)
            assert any(f"Z {PRINTED}" in line for line in printed), "with the time it is a new one"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130

    assert "1 stack ended" in call(project, "down").text
    assert not remains(project)
    assert call(project, "integration", "--attach").exit_code == 3


def test_keep_leaves_the_stack_after_a_failing_test_and_a_dead_service_is_named(
    project: Path,
) -> None:
    ended = call(project, "integration", "--keep", *COMPOSE, FAIL="1")
    assert ended.exit_code == 100
    assert "tasker-ci integration --attach" in ended.text
    (run,) = (project / "target/tasker-ci/runs").iterdir()
    compose_runs.docker("kill", f"{run.name}-web-1")
    ended = call(project, "integration", "--attach")
    assert ended.exit_code == 1
    assert "error: web ended with exit code 137" in ended.text
    assert remains(project), "--attach leaves it as it is"
    assert call(project, "down").exit_code == 0
    assert not remains(project)


def test_a_stack_that_never_was_healthy_is_not_kept(project: Path) -> None:
    ended = call(project, "integration", "--keep", *COMPOSE, **{BEHAVIOUR: "exit 3"})
    assert ended.exit_code == 1
    assert not remains(project)


def test_without_a_build_the_programs_are_used_that_are_there(project: Path) -> None:
    missing = call(project, "integration", "--no-build", *COMPOSE)
    assert missing.exit_code == 3
    assert "target/debug/web is not there" in missing.text
    assert "--no-build" in missing.text
    assert not remains(project)
    subprocess.run(["python3", "build.py"], cwd=project, check=True)
    ended = call(project, "integration", "--no-build", *COMPOSE)
    assert ended.exit_code == 0, ended.text
    assert lines(project / "target" / "built") == 1


def test_an_image_of_the_database_that_is_given_is_used_as_it_is(
    project: Path, database_image: str
) -> None:
    (project / "docker" / "db" / "Dockerfile").write_text("FROM nothing\nRUN false\n")
    mine = "tasker-tests/given:1"
    compose_runs.docker("tag", database_image, mine)
    try:
        ended = call(project, "up", *COMPOSE, POSTGRES_IMAGE=mine)
        assert ended.exit_code == 0, ended.text
        assert f"image of the database: {mine} (given by POSTGRES_IMAGE)" in ended.text
        (run,) = (project / "target/tasker-ci/runs").iterdir()
        used = compose_runs.docker(
            "inspect", "--format", "{{.Config.Image}}", f"{run.name}-database-1"
        )
        assert used == mine
        assert call(project, "down").exit_code == 0
        assert compose_runs.docker("image", "ls", "--quiet", mine), "down removes none of others"
    finally:
        compose_runs.docker("image", "rm", mine)


def test_services_of_a_session_are_those_of_the_compose_file(project: Path) -> None:
    settings = project / ".config" / "tasker-ci.toml"
    text = settings.read_text(encoding="utf-8").replace('stack = "native"', 'stack = "compose"')
    settings.write_text(f'[unit]\nservices = ["database"]\n{text}', encoding="utf-8")
    ended = call(project, "unit", WANTS_DATABASE="1")
    assert ended.exit_code == 0, ended.text
    assert "stack: compose, as chosen" in ended.text
    assert lines(project / "target" / "migrated") == 1
    assert not remains(project)


def test_two_checkouts_at_the_same_time_on_both_stacks(checkout: Callable[..., Path]) -> None:
    kinds = ("compose", "compose", "native")
    folders = [checkout(f"checkout-{number}") for number in range(len(kinds))]
    running = [
        subprocess.Popen(
            ["tasker-ci", "integration", "--stack", kind, "--ports", "auto"],
            cwd=folder,
            env=faces.clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for kind, folder in zip(kinds, folders, strict=True)
    ]
    texts = [each.communicate(timeout=PATIENCE_SECONDS)[0] for each in running]
    assert [each.returncode for each in running] == [0, 0, 0], texts
    assert not any(remains(folder) for folder in folders)


def test_a_database_elsewhere_is_not_touched(project: Path) -> None:
    foreign = "postgres://u:password@db.example.com/prod"
    ended = call(project, "integration", *COMPOSE, DATABASE_URL=foreign)
    assert ended.exit_code == 2
    assert "db.example.com" in ended.text
    assert "integration.database.allow-foreign" in ended.text
    assert not (project / "target" / "built").exists()
    assert not remains(project)
