"""`integration` through Compose, interrupted in each phase: nothing stays, and the code is right.

The engine, PostgreSQL, cargo, nextest and every process are real. All endings of a phase happen at
the same time, each to a checkout of its own.
"""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from compose_projects import READY_FILE, hang_the_image, remains, step_containers
from service_projects import evidence
from session_processes import PATIENCE_SECONDS, call, in_phase, started, until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

PHASES = ("database image", "build", "service image", "up", "migrate", "wait", "test", "teardown")


def waiting(
    project: Path, phase: str, **environment: str
) -> AbstractContextManager[subprocess.Popen[str]]:
    if phase.endswith("image"):
        return in_image(project, "db" if phase.startswith("database") else "web", **environment)
    return in_phase(project, phase, "--stack", "compose", ready=READY_FILE, **environment)


@contextmanager
def in_image(project: Path, name: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    step = hang_the_image(project, name)
    with started(project, "integration", "--stack", "compose", **environment) as process:
        until(process, lambda: step_containers(step), "the step of the image's build")
        yield process


def once(project: Path, phase: str, number: int) -> None:
    with waiting(project, phase) as process:
        process.send_signal(number)
        text, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 128 + number, text
    assert not remains(project), text
    if phase != "teardown":  # nothing was wrong until then
        assert "evidence: " in text
        assert "ps.json" in evidence(project)


def twice(project: Path, phase: str) -> None:
    """Who asks twice does not wait for a service that has an hour to stop."""
    with waiting(project, phase, TASKER_CI_INTEGRATION_STOP_SECONDS="3600") as process:
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.15)  # the second is one only when the first was seen
        os.killpg(process.pid, signal.SIGINT)
        text, _ = process.communicate(timeout=PATIENCE_SECONDS)
    # Or by the signal itself, where all was over when the second one came: a shell says 130.
    assert process.returncode in {130, -signal.SIGINT}, text
    assert not remains(project), text


def killed(project: Path, phase: str) -> None:
    with waiting(project, phase) as process:
        process.kill()
        process.wait()  # the command that it ran goes on, and holds its pipe
        assert "nothing to end" in call(project, "down").text
        ended = call(project, "down", "--all")
        assert ended.exit_code == 0, ended.text
        assert not remains(project), ended.text
        assert process.stdout is not None
        process.stdout.read()  # ends, because nobody is left who could write


ENDINGS: dict[str, Callable[[Path, str], None]] = {
    "interrupted": lambda project, phase: once(project, phase, signal.SIGINT),
    "terminated": lambda project, phase: once(project, phase, signal.SIGTERM),
    "interrupted twice": twice,
    "quit": lambda project, phase: once(project, phase, signal.SIGQUIT),
    "killed": killed,
}


@pytest.mark.parametrize("phase", PHASES)
def test_a_signal_leaves_nothing(checkout: Callable[[str], Path], phase: str) -> None:
    with ThreadPoolExecutor() as threads:
        running = {
            name: threads.submit(ending, checkout(name.replace(" ", "-")), phase)
            for name, ending in ENDINGS.items()
        }
    failures = {name: error for name, each in running.items() if (error := each.exception())}
    assert not failures, "\n\n".join(f"{name}: {error}" for name, error in failures.items())
