"""No process and no thread more for this user: said with the limit, and nothing is left running."""

from __future__ import annotations

import errno
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tasker_ci.errors import AccessError
from tasker_ci.interruption import Interruption
from tasker_ci.plugin.unforeseen import access_error
from tasker_ci.process import Command, Output
from tasker_ci.process_runner import ProcessRunner
from tasker_ci.system_limits import FEW, few_processes, process_limit, why_none_starts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NO_THREAD = RuntimeError("can't start new thread")
NO_FORK = BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")


def refusing(error: Exception) -> Callable[..., Any]:
    def refuse(*_: object, **__: object) -> Any:
        raise error

    return refuse


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NO_THREAD, "No more threads can be started"),
        (NO_FORK, "Resource temporarily unavailable"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
        (MemoryError(), "No memory is left"),
    ],
)
def test_the_limit_is_named_and_no_fault_of_ours(error: Exception, words: str) -> None:
    found = access_error(error)
    assert found is not None
    assert found.message.startswith(words)
    assert "ulimit -u" in found.next_step
    assert found.exit_code == 3


@pytest.mark.parametrize("error", [RuntimeError("dictionary changed"), ValueError(), OSError()])
def test_other_errors_are_none_of_it(error: Exception) -> None:
    assert why_none_starts(error) is None


def test_a_container_has_a_limit_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "pids.max").write_text("30\n")
    assert process_limit(tmp_path / "pids.max") == 30
    (tmp_path / "pids.max").write_text("max\n")
    assert process_limit(tmp_path / "pids.max") == process_limit(tmp_path / "none")


def test_a_low_limit_is_a_reason_and_a_high_one_is_not() -> None:
    assert few_processes(30) == "This user may have only 30 processes and threads at once"
    assert few_processes(FEW) == few_processes(None) == ""


def test_a_command_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root has no such limit, so the system's refusal is made up."""
    monkeypatch.setattr(subprocess, "Popen", refusing(NO_FORK))
    command = Command(argv=("sh", "-c", ":"), cwd=tmp_path, environment={"PATH": "/usr/bin:/bin"})
    with pytest.raises(AccessError) as caught:
        ProcessRunner(Interruption()).run(command)
    assert "does not start: Resource temporarily unavailable" in caught.value.message
    assert "ulimit -u" in caught.value.next_step


def test_a_child_whose_output_nobody_can_read_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def popen(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(real(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    monkeypatch.setattr(threading.Thread, "start", refusing(NO_THREAD))
    command = Command(argv=("sleep", "600"), cwd=tmp_path, environment={"PATH": "/usr/bin:/bin"})
    with pytest.raises(RuntimeError, match="new thread"):
        ProcessRunner(Interruption()).run(command, output=Output.CAPTURE)
    (child,) = started
    assert child.poll() is not None
