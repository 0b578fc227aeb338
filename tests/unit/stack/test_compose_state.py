"""What Compose says of containers, and what is made of it; the lines are recorded ones."""

from __future__ import annotations

import json

import pytest

from tasker_ci.errors import TaskerCIError
from tasker_ci.stack.base import Phase
from tasker_ci.stack.compose_state import (
    CRASH_LOOP_RESTARTS,
    Container,
    Inspection,
    parse_inspections,
    parse_ps,
    service_states,
)

RECORDED = {
    "Command": '"/bin/sh /usr/local/…"',
    "ExitCode": 0,
    "Health": "starting",
    "ID": "5a70a7dc0f20",
    "Image": "database",
    "Name": "run-postgres-1",
    "Project": "run",
    "Publishers": [
        {"URL": "127.0.0.1", "TargetPort": 5432, "PublishedPort": 32768, "Protocol": "tcp"}
    ],
    "Service": "postgres",
    "State": "running",
    "Status": "Up Less than a second (health: starting)",
}


def row(**changes: object) -> dict[str, object]:
    return {**RECORDED, **changes}


def container(state: str, *, health: str = "", exit_code: int = 0, service: str = "a") -> Container:
    return Container(
        id="1", name="n", service=service, state=state, health=health, exit_code=exit_code
    )


def one(found: Container, inspection: Inspection | None = None) -> tuple[Phase, int | None, str]:
    """The state of one service with one container."""
    inspections = {found.id: inspection} if inspection else {}
    (state,) = service_states([found.service], [found], inspections)
    return state.phase, state.exit_code, state.detail


def test_lines_and_an_array_say_the_same() -> None:
    rows = [row(), row(ID="2", Service="worker", State="exited", ExitCode=3, Health="")]
    lines = "".join(json.dumps(each) + "\n" for each in rows)
    assert parse_ps(lines) == parse_ps(json.dumps(rows))
    assert [each.service for each in parse_ps(lines)] == ["postgres", "worker"]


@pytest.mark.parametrize("text", ["", "\n", "[]"])
def test_no_container_is_an_empty_answer(text: str) -> None:
    assert parse_ps(text) == ()


@pytest.mark.parametrize("text", ["NAME  IMAGE", "{}", "[1]", '{"ID": 1}'])
def test_anything_else_is_an_error_and_says_what_to_look_at(text: str) -> None:
    with pytest.raises(TaskerCIError, match="cannot be read") as raised:
        parse_ps(text)
    assert "docker compose ps" in raised.value.next_step


@pytest.mark.parametrize(
    ("state", "health", "phase"),
    [
        ("created", "", Phase.STARTING),
        ("running", "", Phase.RUNNING),
        ("running", "starting", Phase.STARTING),
        ("running", "healthy", Phase.HEALTHY),
        ("running", "unhealthy", Phase.UNHEALTHY),
        ("paused", "", Phase.STARTING),
        ("restarting", "", Phase.STARTING),
        ("exited", "", Phase.EXITED),
        ("dead", "", Phase.EXITED),
    ],
)
def test_state_and_health_make_a_phase(state: str, health: str, phase: Phase) -> None:
    assert one(container(state, health=health))[0] is phase


def test_a_service_without_a_container_is_missing() -> None:
    (state,) = service_states(["a"], [], {})
    assert state.phase is Phase.MISSING
    assert not state.failed


def test_a_one_shot_that_ended_well_has_not_failed_and_one_that_did_not_has() -> None:
    good, bad = service_states(
        ["a", "b"], [container("exited"), container("exited", exit_code=1, service="b")], {}
    )
    assert not good.failed
    assert (bad.failed, bad.exit_code) == (True, 1)


def test_a_few_restarts_are_patience_and_many_are_a_crash_loop() -> None:
    found = container("restarting", exit_code=7)
    assert one(found, Inspection(restarts=CRASH_LOOP_RESTARTS - 1))[0] is Phase.STARTING
    phase, code, detail = one(found, Inspection(restarts=CRASH_LOOP_RESTARTS))
    assert phase is Phase.EXITED
    assert code is None
    assert detail == "restarted 5 times, the last time with exit code 7"


def test_a_crash_loop_has_failed_also_where_each_exit_code_is_0() -> None:
    (state,) = service_states(["a"], [container("restarting")], {"1": Inspection(restarts=9)})
    assert state.failed


def test_the_code_of_the_last_end_is_dockers_where_ps_does_not_have_it() -> None:
    (state,) = service_states(
        ["a"], [container("restarting")], {"1": Inspection(restarts=9, exit_code=3)}
    )
    assert state.detail == "restarted 9 times, the last time with exit code 3"


def test_many_restarts_that_led_to_health_are_forgiven() -> None:
    assert one(container("running", health="healthy"), Inspection(restarts=9))[0] is Phase.HEALTHY


def test_what_the_health_check_printed_last_is_the_detail() -> None:
    document = {
        "Id": "1" * 64,
        "Name": "/n",
        "RestartCount": 0,
        "State": {
            "OOMKilled": False,
            "Error": "",
            "Health": {"Log": [{"Output": "first"}, {"Output": "HTTP/1.0 503\r\nno queue\n"}]},
        },
    }
    (inspection,) = parse_inspections(json.dumps([document])).values()
    assert inspection.probe == "no queue"
    assert list(parse_inspections(json.dumps([document]))) == ["1" * 12]


@pytest.mark.parametrize("text", ["", "[]"])
def test_nothing_inspected_is_nothing_known(text: str) -> None:
    assert parse_inspections(text) == {}


def test_memory_that_ran_out_is_named() -> None:
    found = container("exited", exit_code=137)
    assert one(found, Inspection(out_of_memory=True))[2] == "killed, it ran out of memory"
    assert one(found)[2] == "killed"


def test_a_service_is_as_its_worst_container() -> None:
    many = [
        container("running", health="healthy"),
        container("exited", exit_code=1),
        container("running"),
    ]
    (state,) = service_states(["a"], many, {})
    assert state.failed


def test_others_of_the_project_are_named_once_they_have_failed() -> None:
    others = [
        container("exited", service="migrations"),
        container("running", service="redis"),
        container("exited", exit_code=2, service="seed"),
    ]
    states = service_states(["a"], [container("running"), *others], {})
    assert [state.service for state in states] == ["a", "seed"]
