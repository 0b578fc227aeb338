"""No process and no thread more for this user: said with the limit, and nothing is left running."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tasker_ci.errors import AccessError
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.command import Command, Output
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.process.system_limits import (
    FEW,
    low_limits,
    process_limit,
    why_none_starts,
)
from tasker_ci.screen.unforeseen import access_error

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
    ("error", "words", "step"),
    [
        (NO_THREAD, "No more threads can be started", "ulimit -u"),
        (NO_FORK, "Resource temporarily unavailable", "ulimit -u"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files", "ulimit -n"),
        (MemoryError(), "No memory is left", "memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "Cannot allocate memory", "memory"),
    ],
)
def test_the_limit_is_named_and_no_fault_of_ours(error: Exception, words: str, step: str) -> None:
    found = access_error(error)
    assert found is not None
    assert found.message.startswith(words)
    assert step in found.next_step
    assert found.exit_code == 3


@pytest.mark.parametrize("error", [RuntimeError("dictionary changed"), ValueError(), OSError()])
def test_other_errors_are_none_of_it(error: Exception) -> None:
    assert why_none_starts(error) is None


def test_a_container_has_a_limit_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "pids.max").write_text("30\n")
    assert process_limit(tmp_path / "pids.max") == 30
    (tmp_path / "pids.max").write_text("max\n")
    assert process_limit(tmp_path / "pids.max") == process_limit(tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "low", "enough", "words", "flag"),
    [
        ("RLIMIT_NOFILE", 16, 64, "open only 16 files at once", "-n"),
        ("RLIMIT_AS", 200_000 << 10, 1 << 30, "use only 195 MiB of memory", "-v"),
        ("RLIMIT_STACK", 128 << 10, 1 << 20, "have a stack of only 128 KiB", "-s"),
        ("RLIMIT_FSIZE", 0, 64 << 20, "write only 0 MiB into one file", "-f"),
        ("RLIMIT_CPU", 1, 60, "compute for only 1 s", "-t"),
    ],
)
def test_a_low_limit_is_a_reason_and_a_high_one_is_not(
    name: str, low: int, enough: int, words: str, flag: str
) -> None:
    def limits(value: int) -> tuple[str, str] | None:
        return low_limits(of_user=None, of_process=lambda key: value if key == name else -1)

    assert limits(low) == (
        f"A program of this user may {words} (`ulimit {flag}`)",
        f"Raise the limit: `ulimit {flag}`.",
    )
    assert limits(enough) == limits(-1) is None


def test_all_low_limits_are_said_at_once() -> None:
    found = low_limits(of_user=30, of_process=lambda key: 8 if "NOFILE" in key else -1)
    assert found is not None
    sentence, step = found
    assert sentence == (
        "A program of this user may open only 8 files at once (`ulimit -n`) "
        "and start only 30 processes and threads at once (`ulimit -u`)"
    )
    assert step == "Raise the limit: `ulimit -n`, `ulimit -u`."
    assert low_limits(of_user=FEW, of_process=lambda _: -1) is None


def test_the_limit_of_memory_is_raised_where_there_is_one() -> None:
    code = (
        "import resource\n"
        "from tasker_ci.process.system_limits import how_to_raise, limits_here\n"
        "print(how_to_raise(MemoryError()))\n"
        "resource.setrlimit(resource.RLIMIT_AS, (900 << 20, 900 << 20))\n"
        "print(how_to_raise(MemoryError()), limits_here()[0])\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    free, raised = told.stdout.splitlines()
    assert "end other programs" in free
    assert "ulimit -v" in raised
    assert "only 900 MiB of memory" in raised


def test_a_command_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root has no such limit, so the system's refusal is made up."""
    monkeypatch.setattr(subprocess, "Popen", refusing(NO_FORK))
    command = Command(argv=("sh", "-c", ":"), cwd=tmp_path, environment={"PATH": "/usr/bin:/bin"})
    with pytest.raises(AccessError) as caught:
        ProcessRunner(Cancellation()).run(command)
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
        ProcessRunner(Cancellation()).run(command, output=Output.CAPTURE)
    (child,) = started
    assert child.poll() is not None
