"""Sessions as processes that a test can watch and interrupt while they run."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import faces
import pytest
from service_projects import PHASE, READY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE_SECONDS = 120
"""How long a test waits for what takes seconds on an idle machine."""


def call(project: Path, session: str, *arguments: str, **environment: str) -> faces.Ended:
    """Run a session to its end."""
    own = faces.clean_environment(**environment)
    return faces.run(["tasker-ci", session, *arguments], project, own)


@contextmanager
def started(
    project: Path, *arguments: str, within: tuple[str, ...] = (), **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """Start a session, its output in one pipe; it is killed at the end if it still runs.

    ``within`` is a command that becomes the session.
    """
    process = subprocess.Popen(
        [*within, "tasker-ci", *arguments],
        cwd=project,
        env=faces.clean_environment(**environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()  # not read to its end: what a killed run started may hold it


@contextmanager
def in_phase(
    project: Path,
    phase: str,
    *more: str,
    ready: str = "ready",
    within: tuple[str, ...] = (),
    **environment: str,
) -> Iterator[subprocess.Popen[str]]:
    """`integration` that has reached a phase and stays there."""
    file = project / ready
    variables = {PHASE: phase, READY: str(file), **environment}
    with started(project, "integration", *more, within=within, **variables) as process:
        until(process, file.exists, phase)
        yield process


def until(process: subprocess.Popen[str], reached: Callable[[], object], what: str) -> None:
    """Wait until ``reached()`` says so; fails with the output if the process ends before."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"{what} was not reached:\n{process.communicate()[0]}")
        time.sleep(0.05)
