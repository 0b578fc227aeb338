"""What a log shows of the wait for health, and what is kept of it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from tasker_ci.screen.terminal import TerminalReporter
from tasker_ci.stack.base import Endpoint, Phase
from tasker_ci.stack.health import HealthAnswer, Progress
from tasker_ci.stack.progress import HealthProgress

if TYPE_CHECKING:
    from pathlib import Path

WEB = Endpoint(service="web", port=8080, container_port=8080, health="/health")


def service(seconds: float, *, healthy: bool = False) -> Progress:
    return Progress(
        endpoint=WEB,
        since=0,
        seconds=seconds,
        phase=Phase.RUNNING,
        answer=HealthAnswer(good=healthy, text="HTTP 200" if healthy else "HTTP 503"),
        healthy=healthy,
    )


def test_a_log_has_a_line_for_each_service_that_became_healthy_and_a_heartbeat() -> None:
    now, screen = [0.0], io.StringIO()
    waiting = HealthProgress(reporter=TerminalReporter(screen, color=False), clock=lambda: now[0])
    with waiting:
        for seconds in (0.0, 0.2, 9.9, 10.1, 10.3, 20.2):
            now[0] = seconds
            waiting.look((service(seconds),))
        waiting.look((service(20.4, healthy=True),))
        waiting.look((service(20.4, healthy=True),))
    assert screen.getvalue().splitlines() == [
        "still waiting for web 10 s (running, /health: HTTP 503)",
        "still waiting for web 20 s (running, /health: HTTP 503)",
        "web: healthy after 20.4 s",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_service_seconds_and_state_while_it_waits() -> None:
    screen = Terminal()
    reporter = TerminalReporter(screen, color=False, interactive=True)
    with HealthProgress(reporter=reporter, clock=lambda: 3.0) as waiting:
        waiting.look((service(3.0),))
        assert "running, /health: HTTP 503" in screen.getvalue()
        assert "web" in screen.getvalue()
        waiting.look((service(4.0, healthy=True),))
    assert screen.getvalue().endswith("web: healthy after 4 s\n")


def test_the_last_look_is_kept(tmp_path: Path) -> None:
    waiting = HealthProgress(reporter=TerminalReporter(io.StringIO(), color=False))
    waiting.write(tmp_path / "health.txt")
    assert not (tmp_path / "health.txt").exists(), "nobody has looked"
    waiting.look((service(1.25),))
    waiting.write(tmp_path / "health.txt")
    assert (tmp_path / "health.txt").read_text(encoding="utf-8") == (
        "web: running, /health: HTTP 503 after 1.25 s (http://127.0.0.1:8080/health)\n"
    )
