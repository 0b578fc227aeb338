"""`ci` whose integration tests have a stack, interrupted or killed: the stack goes, too."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest
from service_projects import PHASE, READY, leftovers, write_services
from session_processes import PATIENCE_SECONDS, call, started, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FLAT = """[pipeline]
flow = "flat"

"""


@pytest.fixture
def project(tmp_path: Path, require_tool: Callable[[str], Path]) -> Path:
    for tool in ("cargo", "cargo-nextest"):
        require_tool(tool)
    return write_services(tmp_path, settings=FLAT)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
def test_a_signal_leaves_nothing(project: Path, number: int, times: int) -> None:
    ready = project / "ready"
    variables = {PHASE: "test", READY: str(ready)}
    with started(project, "ci", **variables) as process:
        until(process, ready.exists, "the test")
        for _ in range(times):
            process.send_signal(number)
            time.sleep(0.3)  # the second is one only when the first was seen
        text, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 128 + number, text
    assert not leftovers(project), text


def test_what_a_killed_one_left_is_cleared_up_by_down(project: Path) -> None:
    """Nobody can clear up after SIGKILL: the commands that ran end, and `down` ends the stack."""
    ready = project / "ready"
    variables = {PHASE: "test", READY: str(ready)}
    with started(project, "ci", **variables) as process:
        until(process, ready.exists, "the test")
        process.kill()
        process.wait()
    ended = call(project, "down", "--all")
    assert ended.exit_code == 0, ended.text
    assert "is gone" in ended.text
    assert not leftovers(project)
