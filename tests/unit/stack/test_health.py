"""When a stack is healthy, and when it never will be.

Stack, clock and probe are stand-ins here: states and answers must come in an order that the test
chooses, and waiting takes no time. `tests/integration/test_integration_session.py` waits for real
services; `HttpProbe` asks a real server below.
"""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator  # noqa: TC003 - read at run time by contextmanager
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tasker_ci.errors import ServiceFailed
from tasker_ci.stack.base import Endpoint, Phase, Plan, ServiceState
from tasker_ci.stack.health import (
    HealthAnswer,
    HttpProbe,
    Progress,
    failure_of,
    guilty,
    wait_until_healthy,
)

GOOD = HealthAnswer(good=True, text="HTTP 200")
NOT_YET = HealthAnswer(good=False, text="connection refused")

DATABASE = Endpoint(service="postgres", port=5432, container_port=5432, health="")
WEB = Endpoint(service="web", port=8080, container_port=8080, health="/health")
WORKER = Endpoint(service="worker", port=8081, container_port=8081, health="/health")
ONE_SHOT = Endpoint(service="seed", port=0, container_port=0, health="")


def plan(*services: Endpoint, database: Endpoint | None = None) -> Plan:
    return Plan(
        run="tasker-ci-0123456789ab",
        workspace=Path("/w"),
        folder=Path("/r"),
        logs=Path("/l"),
        database=database,
        services=services,
        environment={},
    )


def state(service: str, phase: Phase = Phase.RUNNING, code: int | None = None) -> ServiceState:
    return ServiceState(service=service, phase=phase, exit_code=code)


@dataclass
class Scene:
    """States and answers round by round; the last ones stay."""

    rounds: list[tuple[ServiceState, ...]]
    answers: dict[str, list[HealthAnswer]] = field(default_factory=dict)
    now: float = 0.0
    looks: list[tuple[tuple[str, str, float], ...]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def states(self) -> tuple[ServiceState, ...]:
        return self.rounds.pop(0) if len(self.rounds) > 1 else self.rounds[0]

    def look(self, progress: tuple[Progress, ...]) -> None:
        self.looks.append(tuple((each.service, each.state, each.seconds) for each in progress))

    def probe(self, url: str) -> HealthAnswer:
        self.asked.append(url)
        answers = self.answers[url]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def wait(self, of: Plan, seconds: float = 10) -> tuple[Progress, ...]:
        return wait_until_healthy(
            self,  # type: ignore[arg-type]  # a stack that only has states
            of,
            seconds=seconds,
            watcher=self,
            probe=self.probe,
            clock=lambda: self.now,
            sleep=self.sleep,
        )


def test_two_good_answers_in_a_row_make_a_service_healthy() -> None:
    scene = Scene([(state("web"),)], {WEB.health_url: [NOT_YET, GOOD, NOT_YET, GOOD, GOOD]})
    (web,) = scene.wait(plan(WEB))
    assert len(scene.asked) == 5, "one good answer before a bad one does not count"
    assert web.healthy
    assert [look[0][1] for look in scene.looks] == [
        "running, /health: connection refused",
        "running, /health: HTTP 200",
        "running, /health: connection refused",
        "running, /health: HTTP 200",
        "healthy",
    ]


def test_the_wait_adds_less_than_a_second_to_the_moment_of_health() -> None:
    slow = [NOT_YET] * 100 + [GOOD]
    scene = Scene([(state("web"),)], {WEB.health_url: slow})
    scene.wait(plan(WEB), seconds=100)
    healthy_at = scene.looks[100][0][2]
    assert scene.now - healthy_at <= 0.25


def test_each_service_is_asked_until_it_is_healthy_and_not_after() -> None:
    scene = Scene(
        [(state("postgres"), state("web"), state("worker"))],
        {WEB.health_url: [GOOD], WORKER.health_url: [NOT_YET, NOT_YET, NOT_YET, GOOD, GOOD]},
    )
    scene.wait(plan(WEB, WORKER, database=DATABASE))
    assert scene.asked.count(WEB.health_url) == 2
    assert scene.asked.count(WORKER.health_url) == 5


def test_good_answers_do_not_count_before_the_stack_says_that_it_runs() -> None:
    """Whoever answers before our own service runs is somebody else."""
    scene = Scene(
        [(state("web", Phase.STARTING),)] * 3 + [(state("web", Phase.HEALTHY),)],
        {WEB.health_url: [GOOD]},
    )
    scene.wait(plan(WEB))
    assert len(scene.asked) == 4


@pytest.mark.parametrize(
    ("endpoint", "states"),
    [
        (DATABASE, [state("postgres")]),
        (ONE_SHOT, [state("seed", Phase.EXITED, 0)]),
        (ONE_SHOT, [state("seed")]),
    ],
)
def test_what_has_no_health_path_is_healthy_when_it_runs_or_was_a_one_shot_that_ended_well(
    endpoint: Endpoint, states: list[ServiceState]
) -> None:
    scene = Scene([tuple(states)])
    scene.wait(plan(endpoint))
    assert scene.now == 0


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (state("web", Phase.EXITED, 1), "web ended with exit code 1."),
        (state("web", Phase.EXITED, 0), "web ended with exit code 0, although it should serve."),
        (state("web", Phase.EXITED), "web ended."),
        (
            ServiceState(service="web", phase=Phase.UNHEALTHY, detail="curl: (7)"),
            "web is unhealthy: curl: (7).",
        ),
        (state("stranger", Phase.EXITED, 3), "stranger ended with exit code 3."),
    ],
)
def test_a_service_that_cannot_become_healthy_any_more_ends_the_wait_at_once(
    last: ServiceState, words: str
) -> None:
    rest = () if last.service == "web" else (state("web"),)
    scene = Scene([(state("web"),), (*rest, last)], {WEB.health_url: [NOT_YET]})
    with pytest.raises(ServiceFailed) as error:
        scene.wait(plan(WEB), seconds=1000)
    assert error.value.message == words
    assert error.value.service == last.service
    assert scene.now < 1


def test_a_service_that_was_healthy_and_ends_while_another_is_waited_for_is_seen() -> None:
    both = (state("web"), state("worker"))
    scene = Scene(
        [both, both, both, (state("web", Phase.EXITED, 137), state("worker"))],
        {WEB.health_url: [GOOD], WORKER.health_url: [NOT_YET]},
    )
    with pytest.raises(ServiceFailed, match="web ended with exit code 137"):
        scene.wait(plan(WEB, WORKER))


def test_too_late_names_each_late_service_with_its_last_answer_and_what_to_do() -> None:
    scene = Scene(
        [(state("web"), state("worker"))],
        {WEB.health_url: [GOOD], WORKER.health_url: [HealthAnswer(good=False, text="HTTP 503")]},
    )
    with pytest.raises(ServiceFailed) as error:
        scene.wait(plan(WEB, WORKER), seconds=3)
    assert error.value.message == (
        "worker did not become healthy within 3 s "
        "(worker: running, http://127.0.0.1:8081/health says HTTP 503)."
    )
    assert error.value.service == "worker"
    assert "--timeout" in error.value.next_step
    assert "integration.healthy-seconds" in error.value.next_step
    assert scene.now == pytest.approx(3), "one deadline, and no longer"


def test_a_probe_that_hangs_keeps_nobody_from_seeing_that_a_service_has_ended() -> None:
    release = threading.Event()
    scene = Scene([(state("web"), state("worker")), (state("web", Phase.EXITED, 2),)])

    def probe(url: str) -> HealthAnswer:
        release.wait(60)
        return NOT_YET

    scene.probe = probe  # type: ignore[method-assign]
    try:
        with pytest.raises(ServiceFailed, match="exit code 2"):
            scene.wait(plan(WEB, WORKER))
    finally:
        release.set()


def test_the_guilty_are_those_that_have_failed_by_now() -> None:
    scene = Scene([(state("postgres"), state("web", Phase.EXITED, 137), state("worker"))])
    found = guilty(scene, plan(WEB, WORKER, database=DATABASE))  # type: ignore[arg-type]
    assert found == {"web": "ended with exit code 137"}


def test_a_service_that_runs_or_starts_may_still_become_healthy() -> None:
    for phase in (Phase.MISSING, Phase.STARTING, Phase.RUNNING, Phase.HEALTHY):
        assert failure_of(WEB, state("web", phase)) is None


@contextmanager
def server(status: int, *headers: tuple[str, str]) -> Iterator[str]:
    """A real HTTP server that answers always the same."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{found.server_port}/health"
        finally:
            found.shutdown()
            thread.join()


class TestHttp:
    @pytest.mark.parametrize("status", [200])
    def test_200_is_good(self, status: int) -> None:
        with server(status) as url:
            assert HttpProbe()(url) == GOOD

    @pytest.mark.parametrize("status", [204, 404, 500, 503])
    def test_nothing_else_is(self, status: int) -> None:
        with server(status) as url:
            assert HttpProbe()(url) == HealthAnswer(good=False, text=f"HTTP {status}")

    def test_a_redirect_is_not_followed_even_to_what_is_good(self) -> None:
        with server(200) as good, server(301, ("Location", good)) as url:
            assert HttpProbe()(url) == HealthAnswer(good=False, text="HTTP 301")

    def test_nobody_there_is_said_in_the_words_of_the_system(self) -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            port = bound.getsockname()[1]
        answer = HttpProbe()(f"http://127.0.0.1:{port}/health")
        assert answer == HealthAnswer(good=False, text="connection refused")

    def test_somebody_who_speaks_no_http_is_not_good(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:

            def answer() -> None:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(1024)
                    connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")

            thread = threading.Thread(target=answer)
            thread.start()
            found = HttpProbe()(f"http://127.0.0.1:{listening.getsockname()[1]}/health")
            thread.join()
        assert not found.good
        assert found.text

    def test_a_proxy_of_the_environment_is_not_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """`requests` reads the variables of the process: there is no argument for them."""
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.delenv("NO_PROXY", raising=False)
        with server(200) as url:
            assert HttpProbe()(url) == GOOD
